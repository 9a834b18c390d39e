import { ConnectionError, type FileContent } from './connection.js';
import type { FilePolicy, OutgoingFile } from './contract.js';
import { createMemoryFiles } from './memory-files.js';
import type { PendingMessage } from './pending.js';
import type { FileStore, SessionClock, ShrinkImage } from './ports.js';
import type { MessageErrorCode } from './snapshot.js';
import { withTimeLimit } from './time-limit.js';

const MIB = 1024 * 1024;
const DEFAULT_MAX_SIZE = 16 * MIB;
/** Twilio's limits: of all files of a message together, in bytes, and how many they are. */
const MAX_TOTAL = 150 * MIB;
const MAX_FILES = 10;
/** Browsers have stores that never answer, and images that never come to be drawn; all messages wait meanwhile. */
const READ_LIMIT_MS = 20_000;
const SHRINKABLE: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'];

/** The contents of files that wait to be sent, and what may be among them. */
export interface Attachments {
  /** Why these cannot be sent; `null` when they can. */
  check(files: readonly OutgoingFile[]): MessageErrorCode | null;
  /**
   * Takes the contents of a message's files. Resolves to whether this page after a reload, and other tabs, will find
   * them.
   */
  keep(cid: string, files: readonly FileContent[]): Promise<boolean>;
  /**
   * The contents as they are to be sent, or why they cannot be. The same ones each time. Rejects with `not_sent` when
   * they cannot be had now.
   */
  read(entry: PendingMessage): Promise<readonly FileContent[] | MessageErrorCode>;
  forget(cid: string): void;
  /** What was taken on this page, also where no message is left of it. */
  forgetAll(): void;
}

export function createAttachments(options: {
  /** Storage key of this installation. */
  key: string;
  clock: SessionClock;
  files?: FileStore;
  shrinkImage?: ShrinkImage;
  filePolicy?: FilePolicy;
}): Attachments {
  const { shrinkImage, filePolicy: policy = {} } = options;
  const store = options.files ?? createMemoryFiles();
  const maxSize = Math.min(policy.maxFileSize ?? DEFAULT_MAX_SIZE, MAX_TOTAL);
  const maxFiles = Math.min(policy.maxFiles ?? MAX_FILES, MAX_FILES);
  const endings = policy.acceptedExtensions?.map((ending) => ending.replace(/^\./, '').toLowerCase());
  /** What was taken on this page; and what was made ready to be sent, which stays the same for each attempt. */
  const taken = new Map<string, readonly FileContent[]>();
  const ready = new Map<string, readonly FileContent[]>();

  const keyOf = (cid: string, place: number | ''): string => `${options.key}:file:${cid}:${place}`;
  const longestSide = shrinkImage === undefined ? undefined : policy.longestSide;
  const shrinks = ({ type }: FileContent): boolean => longestSide !== undefined && SHRINKABLE.includes(type);
  const total = (files: readonly FileContent[]): number => files.reduce((sum, { size }) => sum + size, 0);
  const tooLarge = (files: readonly FileContent[]): boolean =>
    files.some(({ size }) => size > maxSize) || total(files) > MAX_TOTAL;

  const shrunk = async (content: FileContent): Promise<FileContent> => {
    if (!shrinkImage || longestSide === undefined || !shrinks(content)) return content;
    return shrinkImage(content, { longestSide }).catch(() => content);
  };

  const forget = (cid: string): void => {
    taken.delete(cid);
    ready.delete(cid);
    void store.clear(keyOf(cid, '')).catch(() => {});
  };

  const made = async ({ cid, files }: PendingMessage): Promise<readonly FileContent[] | MessageErrorCode> => {
    const found =
      taken.get(cid) ??
      (await Promise.all(files.map((_, place) => store.read(keyOf(cid, place)).catch(() => null))));
    const contents: FileContent[] = [];
    for (const content of found) {
      if (content === null) return 'file_missing';
      contents.push(await shrunk(content));
    }
    return tooLarge(contents) ? 'file_too_large' : contents;
  };

  return {
    check(files) {
      if (files.length > maxFiles) return 'too_many_files';
      if (files.some(({ name }) => !isAccepted(name, endings))) return 'file_type_not_allowed';
      if (files.some(({ size }) => size === 0)) return 'file_empty';
      // What an image will be is known when it has been made smaller.
      return tooLarge(files.filter((file) => !shrinks(file))) ? 'file_too_large' : null;
    },
    async keep(cid, files) {
      taken.set(cid, files);
      const written = await Promise.all(
        files.map((file, place) => store.write(keyOf(cid, place), file).catch(() => false)),
      );
      // Sent or discarded meanwhile.
      if (!taken.has(cid)) void store.clear(keyOf(cid, '')).catch(() => {});
      return written.every(Boolean);
    },
    async read(entry) {
      const known = ready.get(entry.cid);
      if (known) return known;
      const late = (): Error => new ConnectionError('not_sent', 'The files cannot be read.');
      const contents = await withTimeLimit(made(entry), READ_LIMIT_MS, options.clock, late);
      if (typeof contents !== 'string') ready.set(entry.cid, contents);
      return contents;
    },
    forget,
    forgetAll() {
      for (const cid of [...taken.keys()]) forget(cid);
      ready.clear();
    },
  };
}

function isAccepted(name: string, endings: readonly string[] | undefined): boolean {
  if (!endings) return true;
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending !== undefined && endings.includes(ending);
}
