/** The notices that the licences of bundled packages ask to be handed on. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** @param {string[]} modules ids of bundled modules */
export async function thirdPartyNotices(modules) {
  const folders = new Set();
  for (const id of modules) {
    const match = /^\0?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/'));
    // Some packages ship copies of others within; those have no package.json to ask.
    if (match && existsSync(path.join(match[1], 'package.json'))) folders.add(match[1]);
  }
  const notices = await Promise.all([...folders].map(notice));
  return `${[...new Set(notices)].sort().join('\n\n')}\n`;
}

async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file ? (await readFile(path.join(folder, file), 'utf8')).trim() : '';
  return `${name} ${version} (${license ?? 'see its package'})\n${text}`.trimEnd();
}
