import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Refusal } from '../errors.js';

/** The bytes of uploads, each in a file that is named by its media SID, in a folder beside the database. */
export interface MediaFiles {
  /**
   * Takes bytes in, as `sid` but not yet to be found under it, and answers how many there were once they are safe on
   * disk. Throws `too_large` as soon as there are more than `maxBytes`. What is not kept then, for whatever reason, is
   * to be discarded.
   */
  receive(sid: string, bytes: AsyncIterable<Buffer>, maxBytes: number): Promise<number>;
  /** From now on what was received is found. At once, so that it can be part of a transaction. */
  keep(sid: string): void;
  /** Forgets what was received, all of it or half, and not kept. */
  discard(sid: string): void;
  /** Undefined when there are no such bytes. Close the handle. */
  open(sid: string): Promise<FileHandle | undefined>;
  remove(sid: string): void;
  /** Removes what is kept and `known` does not know, and what a sudden end left half received. */
  sweep(known: (sid: string) => boolean): void;
  /** Removes all that is kept; what is just being received stays. */
  clear(): void;
  /** Bytes of a store in memory are removed for good. */
  close(): void;
}

const unfinished = '.part';
/** What is named otherwise is somebody else's: the folder may have been there before us. */
const ours = /^ME[0-9a-f]{32}(?:\.part)?$/;

/** For the store at `data`: a file, or `:memory:`, whose bytes go to a temporary folder. Nothing is made until needed. */
export function createMediaFiles(data: string): MediaFiles {
  const inMemory = data === ':memory:';
  let folder = inMemory ? undefined : `${resolve(data)}.media`;

  const ready = (): string => {
    folder ??= mkdtempSync(join(tmpdir(), 'conversations-emulator-media-'));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  };
  const pathOf = (sid: string): string => join(ready(), sid);
  const list = (): string[] =>
    folder !== undefined && existsSync(folder) ? readdirSync(folder).filter((name) => ours.test(name)) : [];
  const drop = (name: string): void => {
    if (folder !== undefined) rmSync(join(folder, name), { force: true });
  };

  return {
    async receive(sid, bytes, maxBytes) {
      const handle = await open(pathOf(sid) + unfinished, 'wx', 0o600);
      let size = 0;
      try {
        for await (const chunk of bytes) {
          size += chunk.length;
          if (size > maxBytes) throw new Refusal('too_large', `a file has at most ${maxBytes} bytes`);
          await handle.writeFile(chunk);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      return size;
    },
    keep(sid) {
      const path = pathOf(sid);
      renameSync(path + unfinished, path);
      syncFolder(ready());
    },
    discard: (sid) => drop(sid + unfinished),
    async open(sid) {
      if (folder === undefined) return undefined;
      try {
        return await open(join(folder, sid), 'r');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    remove: drop,
    sweep(known) {
      for (const name of list()) if (name.endsWith(unfinished) || !known(name)) drop(name);
    },
    clear() {
      for (const name of list()) if (!name.endsWith(unfinished)) drop(name);
    },
    close() {
      if (inMemory && folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Without it a power cut could take back a rename that was acknowledged. Windows has no such call on folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
