import type { HumanCheckConfig } from './config.js';
import { isSafeAddress } from './safe-address.js';

/**
 * Finds out whether an answer to a human check is a good one, once: providers refuse an answer that comes again.
 * Resolves to false for a bad answer, and rejects when nobody can tell.
 */
export type VerifyHuman = (
  /** What the page got from the provider's widget; written by a stranger. */
  answer: string,
  /** Where the call came from, as far as the host knows. */
  caller: { ip?: string; origin?: string },
) => Promise<boolean>;

const PROVIDERS: Record<HumanCheckConfig['provider'], string> = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  hcaptcha: 'https://api.hcaptcha.com/siteverify',
};

const TIMEOUT_MS = 3_000;
const ANSWER_LIMIT = 16 * 1024;
/** What providers say when no answer of a visitor could be the reason. */
const NOT_THE_VISITORS = /^((missing|invalid)-input-secret|internal-error)$/;

/**
 * {@link VerifyHuman} by Turnstile or hCaptcha, which ask for the same form and answer in the same shape.
 *
 * @throws TypeError when the secret would be sent over http to another machine.
 * @example
 * const verifyHuman = createHumanCheck({ check: { provider: 'turnstile', secret } });
 */
export function createHumanCheck(options: {
  check: HumanCheckConfig;
  /** Default: the platform's. */
  fetch?: typeof globalThis.fetch;
  /** Milliseconds for the whole answer. Default 3000. */
  timeoutMs?: number;
}): VerifyHuman {
  const { check, fetch = globalThis.fetch, timeoutMs = TIMEOUT_MS } = options;
  const url = check.url ?? PROVIDERS[check.provider];
  if (!isSafeAddress(url)) throw new TypeError('The address of the human check has to be https.');

  return async (answer, { ip }) => {
    const form = new URLSearchParams({ secret: check.secret, response: answer });
    if (ip !== undefined) form.set('remoteip', ip);
    const response = await fetch(url, {
      method: 'POST',
      body: form,
      headers: { accept: 'application/json' },
      // The form holds the secret: it goes to the address that was configured and to no other.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const verdict = readVerdict(await readText(response));
    if (verdict === undefined) {
      throw new Error(`The human check's provider answered ${response.status} without a verdict.`);
    }
    const fault = verdict.codes.find((code) => NOT_THE_VISITORS.test(code));
    if (fault !== undefined) throw new Error(`The human check's provider refused the call itself: ${fault}.`);
    return verdict.success;
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > ANSWER_LIMIT) throw new Error("The human check's provider answered more than 16 KB.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a provider's answer; `undefined` when it is none. Total: whatever comes back was written elsewhere. */
export function readVerdict(text: string): { success: boolean; codes: string[] } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { success, 'error-codes': codes } = json as { success?: unknown; 'error-codes'?: unknown };
  if (typeof success !== 'boolean') return undefined;
  const known = Array.isArray(codes) ? codes.filter((code): code is string => typeof code === 'string') : [];
  return { success, codes: success ? [] : known };
}
