import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findWidget } from './find-widget.js';

it('finds the built widget where Node would find the package, the nearest first', async () => {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'find-')));
  const deep = path.join(root, 'shop/pages');
  const dist = (folder: string) => path.join(folder, 'node_modules/@conversations-web-chat/widget/dist');
  try {
    await mkdir(deep, { recursive: true });
    expect(await findWidget([deep])).toBeUndefined();
    for (const folder of [root, path.join(root, 'shop')]) {
      await mkdir(dist(folder), { recursive: true });
      // A package that was not built holds nothing to serve.
      if (folder === root) expect(await findWidget([deep])).toBeUndefined();
      await writeFile(path.join(dist(folder), 'chat-widget.js'), '');
      expect(await findWidget([deep])).toBe(dist(folder));
    }
    expect(await findWidget([tmpdir(), root])).toBe(dist(root));
  } finally {
    await rm(root, { recursive: true });
  }
});
