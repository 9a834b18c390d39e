import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

const skipped = new Set(['dist', 'dist-react', 'node_modules']);

/** One hash over files and folders: names and contents, so that a touched but unchanged file is not stale. */
export async function fingerprint(root, places) {
  const hash = createHash('sha256');
  for (const place of places) await add(hash, root, place);
  return hash.digest('hex');
}

async function add(hash, root, place) {
  const full = path.join(root, place);
  const found = await stat(full).catch(() => null);
  if (!found) return;
  if (!found.isDirectory()) {
    hash.update(`${place.replaceAll('\\', '/')}\0`);
    hash.update(await readFile(full));
    return;
  }
  const names = (await readdir(full)).filter((name) => !skipped.has(name)).sort();
  for (const name of names) await add(hash, root, path.join(place, name));
}
