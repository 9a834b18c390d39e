import { ConnectionError, type Upload } from './connection.js';
import type { SessionClock } from './ports.js';

export interface PostRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  content: Blob;
  /** So many bytes have left. */
  onSent(bytes: number): void;
  cancelled: Upload['cancelled'];
  clock: SessionClock;
}

export interface PostAnswer {
  status: number;
  text: string;
}

/** A large file on a thin line may take as long as it likes; one that stands still does not. */
const STANDSTILL_MS = 30_000;
const PIECE = 64 * 1024;
const CANCELLED = 'The upload was cancelled.';

/** The little that is used of `XMLHttpRequest`: this folder knows no DOM. */
interface Xhr {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: Blob): void;
  abort(): void;
}

/**
 * Posts bytes and tells how many have left. Rejects with `not_sent` when it was cancelled, when nothing moves for
 * 30 s, and when there is no answer.
 */
export function postBytes(request: PostRequest): Promise<PostAnswer> {
  const { cancelled, clock } = request;
  // The SDK takes a moment from being asked to asking, in which it may be heard no more.
  if (cancelled.aborted) return Promise.reject(new ConnectionError('not_sent', CANCELLED));
  return new Promise((resolve, reject) => {
    const fail = (words: string, cause?: unknown): void => {
      reject(new ConnectionError('not_sent', words, { cause }));
    };
    const controller = new AbortController();
    let endWatch = (): void => {};
    const watch = (): void => {
      endWatch();
      endWatch = clock.after(STANDSTILL_MS, () => {
        fail('The upload stands still.');
        controller.abort();
      });
    };
    cancelled.addEventListener('abort', () => {
      fail(CANCELLED);
      controller.abort();
    });
    watch();
    const onSent = (bytes: number): void => {
      // What was cancelled is heard no more: the next attempt may have begun.
      if (controller.signal.aborted) return;
      watch();
      request.onSent(bytes);
    };
    const post = 'XMLHttpRequest' in globalThis ? postByXhr : postByFetch;
    post({ ...request, onSent }, controller.signal)
      .then(resolve, (error: unknown) => fail('The media service cannot be reached.', error))
      .finally(() => endWatch());
  });
}

/** In browsers, where nothing else tells of progress. */
function postByXhr(request: PostRequest, signal: AbortSignal): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => Xhr };
    const xhr = new XMLHttpRequest();
    xhr.open('POST', request.url);
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => request.onSent(loaded);
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText });
    xhr.onerror = xhr.onabort = () => reject(new Error('The request did not end.'));
    signal.addEventListener('abort', () => xhr.abort());
    xhr.send(request.content);
  });
}

/** In Node, which has none of it, and lets a length be told beside a stream. */
async function postByFetch(request: PostRequest, signal: AbortSignal): Promise<PostAnswer> {
  const { url, content, onSent } = request;
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(stream) {
      const piece = new Uint8Array(await content.slice(sent, sent + PIECE).arrayBuffer());
      onSent(sent);
      sent += piece.length;
      if (piece.length > 0) stream.enqueue(piece);
      if (sent >= content.size) stream.close();
    },
  });
  const headers = { ...request.headers, 'content-length': String(content.size) };
  // A stream as a body needs `duplex`, of which the types know nothing.
  const init = { method: 'POST', headers, body, signal, duplex: 'half' as const };
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text() };
}
