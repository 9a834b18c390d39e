import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { checkContentType, checkFilename } from '../conversations/limits.js';
import { Refusal } from '../errors.js';

/** What an upload says about its file. */
export interface UploadHead {
  contentType: string;
  filename: string | null;
}

/** Takes the bytes of a file and answers their number. */
export type TakeBytes = (bytes: AsyncIterable<Buffer>) => Promise<number>;

export type ReceivedUpload = UploadHead & { size: number };

/** What a form may need around its file, in bytes. */
const formOverhead = 64 * 1024;

/**
 * Reads an upload: raw bytes with a `Content-Type`, or a form, whose first file it is. `filename` is that of the query,
 * which goes before that of the form.
 */
export async function receiveUpload(
  request: IncomingMessage,
  filename: string | null,
  maxBytes: number,
  take: TakeBytes,
): Promise<ReceivedUpload> {
  const type = request.headers['content-type'];
  const isForm = /^multipart\/form-data\s*(;|$)/i.test(type ?? '');
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes + (isForm ? formOverhead : 0)) {
    throw new Refusal('too_large', `a file has at most ${maxBytes} bytes`);
  }
  if (isForm) return receiveForm(request, filename, take);
  const head = { contentType: checkContentType(type), filename: checkFilename(filename) };
  // Without this, reading only a part of the request would cut the connection before the refusal is on its way.
  const bytes = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  return { ...head, size: await take(bytes) };
}

async function receiveForm(
  request: IncomingMessage,
  filename: string | null,
  take: TakeBytes,
): Promise<ReceivedUpload> {
  const form = openForm(request);
  let taken: Promise<ReceivedUpload> | undefined;
  let part: Readable | undefined;
  const failed = new Promise<never>((_, reject) => {
    const broken = (): void => reject(new Refusal('invalid_parameter', 'the form ends before its time'));
    form.on('error', broken);
    request.on('aborted', broken);
    form.on('file', (_field, file: Readable, named?: string, _encoding?: string, contentType?: string) => {
      part = file;
      // The parser may complain here once more when nobody reads any longer.
      file.on('error', () => {});
      taken = (async () => {
        const head = {
          contentType: checkContentType(contentType),
          filename: checkFilename(filename ?? named ?? null),
        };
        return { ...head, size: await take(file) };
      })();
      taken.catch(reject);
    });
  });
  const finished = once(form, 'finish');
  // Whichever of the two comes second is of no interest any more.
  finished.catch(() => {});
  failed.catch(() => {});
  request.pipe(form);
  try {
    await Promise.race([finished, failed]);
  } catch (error) {
    request.unpipe(form);
    form.destroy();
    part?.destroy();
    // The file must not be left half written, whatever went wrong first.
    await taken?.catch(() => {});
    throw error;
  }
  if (!taken) throw new Refusal('invalid_parameter', 'the form holds no file');
  return Promise.race([taken, failed]);
}

function openForm(request: IncomingMessage): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      limits: { files: 1, fields: 20, parts: 20, fieldSize: 1024, headerPairs: 20, headerSize: 8 * 1024 },
    });
  } catch {
    throw new Refusal('invalid_parameter', 'the form has no boundary in its Content-Type');
  }
}
