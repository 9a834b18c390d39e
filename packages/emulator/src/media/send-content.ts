import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import contentDisposition from 'content-disposition';
import { Refusal } from '../errors.js';
import type { MediaRow } from '../store/rows.js';
import type { MediaFiles } from './media-files.js';

/**
 * What a browser may show by itself. Whatever can hold a script (HTML, SVG, XML) or runs in a viewer of its own (PDF) is
 * offered for saving.
 */
const shownInline: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'video/mp4',
  'video/ogg',
  'video/webm',
]);

interface Stretch {
  start: number;
  end: number;
}

/** The one range asked for; undefined for all of it. Several ranges, and what cannot be read, ask for all of it too. */
function readRange(header: string | undefined, size: number): Stretch | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** The headers that keep somebody else's file harmless, wherever it is opened. */
function contentHeaders(row: MediaRow): Record<string, string> {
  const type = row.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return {
    'content-type': row.contentType,
    'content-disposition': contentDisposition(row.filename ?? undefined, {
      type: shownInline.has(type) ? 'inline' : 'attachment',
    }),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'referrer-policy': 'no-referrer',
  };
}

/** Answers with the bytes of an upload, or the range of them that was asked for. */
export async function sendContent(
  files: MediaFiles,
  row: MediaRow,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (row.rendered !== null) {
    const bytes = Buffer.from(row.rendered);
    response.writeHead(200, {
      ...contentHeaders(row),
      'cache-control': 'no-store',
      'content-length': bytes.length,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const handle = await files.open(row.sid);
  if (!handle) throw new Refusal('media_not_found', `the bytes of ${row.sid} are gone`);
  try {
    const etag = `"${row.sid}"`;
    const ifRange = request.headers['if-range'];
    const range =
      ifRange === undefined || ifRange === etag ? readRange(request.headers.range, row.size) : undefined;
    const headers = {
      ...contentHeaders(row),
      'accept-ranges': 'bytes',
      etag,
      // Asked about every time: a browser must not go on showing what was removed.
      'cache-control': 'private, no-cache',
    };
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    if (range === 'unsatisfiable') {
      response
        .writeHead(416, { ...headers, 'content-range': `bytes */${row.size}`, 'content-length': 0 })
        .end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: row.size - 1 };
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'content-length': end - start + 1,
      ...(range && { 'content-range': `bytes ${start}-${end}/${row.size}` }),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}
