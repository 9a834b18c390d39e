import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import { Refusal } from '../errors.js';
import type { Settings } from '../store/settings.js';

/** Addresses that carry their own permission: who has one may fetch that file until it expires, without a token. */
export interface TemporaryUrls {
  /** The query to put behind the path of a file's content. */
  sign(sid: string): string;
  /** Throws `forbidden` when it was not made here, or has expired. */
  check(sid: string, query: URLSearchParams): void;
}

export interface TemporaryUrlsOptions {
  /** Signs; see {@link mediaUrlKey}. */
  key: string;
  clock: Clock;
  lifetimeSeconds: number;
}

/** The key of a store, made at first use. It outlives restarts, so that the URLs of a page do too. */
export function mediaUrlKey(settings: Settings): string {
  const known = settings.get('mediaUrlKey');
  if (known !== null) return known;
  const key = randomBytes(32).toString('hex');
  settings.set('mediaUrlKey', key);
  return key;
}

export function createTemporaryUrls(options: TemporaryUrlsOptions): TemporaryUrls {
  const { key, clock, lifetimeSeconds } = options;
  const signature = (sid: string, expires: string): Buffer =>
    createHmac('sha256', key).update(`${sid}\n${expires}`).digest();

  return {
    sign(sid) {
      const expires = String(Math.floor(clock.now() / 1000) + lifetimeSeconds);
      const query = new URLSearchParams({
        Expires: expires,
        Signature: signature(sid, expires).toString('base64url'),
      });
      return query.toString();
    },
    check(sid, query) {
      const expires = query.get('Expires') ?? '';
      const given = Buffer.from(query.get('Signature') ?? '', 'base64url');
      const wanted = signature(sid, expires);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
        throw new Refusal('forbidden', 'the URL is not signed by this emulator; ask for a temporary URL');
      }
      if (Number(expires) * 1000 <= clock.now()) {
        throw new Refusal('forbidden', 'the temporary URL has expired; ask for another one');
      }
    },
  };
}
