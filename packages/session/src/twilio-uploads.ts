import {
  ConnectionError,
  type ConnectionErrorCode,
  connectionErrorCode,
  type FileContent,
  type Upload,
} from './connection.js';
import type { SessionClock } from './ports.js';
import { type PostAnswer, postBytes } from './post-bytes.js';

/** Sends a message with its files, as `RemoteConversation.send` says. */
export type FileSender = (upload: Upload, message: FileMessage) => Promise<{ index: number | null }>;

/** What is used of the SDK's message builder. */
interface FileMessage {
  addMedia(media: { contentType: string; filename: string; media: Blob }): unknown;
  build(): { send(): Promise<number | null> };
}

/** For files that the SDK uploads without a word. */
const BLIND_LIMIT_MS = 600_000;

/**
 * @param options.mediaClient the SDK's media client, or whatever is found in its place; there once it has signed in
 */
export function createFileSender(options: {
  clock: SessionClock;
  sendLimitMs: number;
  mediaClient(): unknown;
  /** Rejects with a {@link ConnectionError}, at the latest after `ms`. */
  post(ms: number, message: FileMessage): Promise<{ index: number | null }>;
}): FileSender {
  const { clock, post } = options;
  let uploads: Uploads | null = null;
  // In the same turn as the message leaves: whoever cancelled before is told so, and not that it is too late.
  const leaves = (upload: Upload): void => {
    if (upload.cancelled.aborted) throw new ConnectionError('not_sent', 'The upload was cancelled.');
    upload.onUploaded();
  };
  return async (upload, message) => {
    uploads ??= createUploads(options.mediaClient(), clock);
    if (!uploads) {
      clock.after(0, () => {
        throw new Error(
          'This release of @twilio/conversations hides its media client: uploads show no progress.',
        );
      });
      for (const file of upload.files) message.addMedia(mediaOf(file));
      // It may be done at any time from now on, so that it cannot be cancelled either.
      leaves(upload);
      return post(BLIND_LIMIT_MS, message);
    }
    const { someWereThere } = await uploads.bring(upload);
    for (const file of upload.files) message.addMedia(uploads.media(file));
    leaves(upload);
    try {
      // Here the SDK believes that it uploads them.
      return await post(options.sendLimitMs, message);
    } catch (error) {
      const code = connectionErrorCode(error);
      if (code !== 'refused' && code !== 'not_found') throw error;
      uploads.forget(upload);
      // The files of an earlier attempt may be what the service has thrown away, and not the conversation.
      throw someWereThere ? new ConnectionError('not_sent', 'The service has lost the files.') : error;
    }
  };
}

/**
 * How files get to the media service with their progress known. The SDK posts each by its media client, whose
 * `transport` is an option of that client that the SDK does not pass on: another `post` is put there, which is its
 * own for everything but the files of a session. Addresses, tokens and the message itself stay the SDK's
 * (docs/decisions/0011).
 */
interface Uploads {
  /** A file as the SDK takes it. Of the same content it is the same blob, by which the transport knows it again. */
  media(file: Upload['files'][number]): { contentType: string; filename: string; media: Blob };
  /**
   * Brings all files to the service, one after another; those that an earlier attempt brought are there. Rejects
   * with a {@link ConnectionError}, and no message was made then.
   */
  bring(upload: Upload): Promise<{ someWereThere: boolean }>;
  /** The service would not have what it was said to have: the next attempt brings it again. */
  forget(upload: Upload): void;
}

/** What is used of the SDK's media client. It is not part of what the SDK promises. */
interface MediaClient {
  transport: { post(url: string, headers: Record<string, string>, body: unknown): Posting };
  post(contentType: string, media: Blob, category: string, filename: string): Promise<unknown>;
}

/** The SDK's kind of promise. */
type Posting = Promise<unknown> & { cancel(): unknown };

interface MediaRecord {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/** What a file without a type that can be sent goes as. */
const UNKNOWN_TYPE = 'application/octet-stream';
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/**
 * @param client the SDK's media client, or whatever is found in its place
 * @returns `null` where it is none of the kind known here
 */
function createUploads(client: unknown, clock: SessionClock): Uploads | null {
  if (!isMediaClient(client)) return null;
  const { transport } = client;
  const blobs = new WeakMap<FileContent, Blob>();
  const there = new WeakMap<Blob, MediaRecord>();
  const sending = new WeakMap<Blob, (url: string, headers: Record<string, string>) => Promise<MediaRecord>>();
  const plain = transport.post;
  transport.post = (url, headers, body) => {
    const blob = body as Blob;
    const known = there.get(blob);
    const send = known ? () => Promise.resolve(known) : sending.get(blob);
    return send
      ? Object.assign(send(url, headers), { cancel() {} })
      : plain.call(transport, url, headers, body);
  };

  const media: Uploads['media'] = (file) => {
    const made = mediaOf(file);
    const known = blobs.get(file.content);
    if (known) return { ...made, media: known };
    blobs.set(file.content, made.media);
    return made;
  };

  return {
    media,
    async bring({ files, onProgress, cancelled }) {
      let someWereThere = false;
      for (const [place, file] of files.entries()) {
        if (cancelled.aborted) throw new ConnectionError('not_sent', 'The upload was cancelled.');
        const { contentType, filename, media: blob } = media(file);
        if (there.has(blob)) someWereThere = true;
        else {
          sending.set(blob, async (url, headers) => {
            const onSent = (bytes: number): void => onProgress(place, Math.min(bytes / blob.size, 1));
            const answer = await postBytes({ url, headers, content: blob, onSent, cancelled, clock });
            const record = recordOf(answer);
            there.set(blob, record);
            return record;
          });
          await client.post(contentType, blob, 'media', filename);
        }
        onProgress(place, 1);
      }
      return { someWereThere };
    },
    forget({ files }) {
      for (const { content } of files) {
        const blob = blobs.get(content);
        if (blob) there.delete(blob);
      }
    },
  };
}

function mediaOf({ name, type, content }: Upload['files'][number]): ReturnType<Uploads['media']> {
  const contentType = MEDIA_TYPE.test(type) ? type : UNKNOWN_TYPE;
  // Made here: the SDK does not know a file of another frame of the page for one.
  return { contentType, filename: name, media: new Blob([content as Blob], { type: contentType }) };
}

function isMediaClient(found: unknown): found is MediaClient {
  const client = found as Partial<MediaClient> | null | undefined;
  return typeof client?.post === 'function' && typeof client.transport?.post === 'function';
}

/** As the SDK reads it; it would stumble over a record without links. */
function recordOf({ status, text }: PostAnswer): MediaRecord {
  const refused = (code: ConnectionErrorCode, words: string): ConnectionError =>
    new ConnectionError(code, `The media service ${words} (${status}).`);
  // The token, not the file.
  if (status === 401) throw refused('not_sent', 'did not take the token');
  if (status === 429 || status >= 500) throw refused('busy', 'is busy');
  if (status >= 400) throw refused('refused', 'does not take this file');
  const body = jsonOf(text);
  if (typeof body !== 'object' || body === null || !('sid' in body) || !('links' in body)) {
    throw refused('busy', 'gave no media record');
  }
  return { status, headers: {}, body };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
