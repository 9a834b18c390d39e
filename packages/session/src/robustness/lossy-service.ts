import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createEmulator, type Emulator, type EmulatorFaults } from '@conversations-web-chat/emulator';
import { type FetchToken, TokenServiceError } from '../ports.js';
import { clientIdOf } from '../transcript.js';
import type { TokenServiceState } from './lossy-steps.js';

export interface StoredMessage {
  sid: string;
  index: number;
  author: string;
  body: string;
  cid: string | null;
}

export interface LossyService {
  fetchToken: FetchToken;
  /** What the token service does from now on. */
  tokenService(state: TokenServiceState): void;
  /** Of the emulator that runs now, or, while it is down, of the next one. */
  faults(): Promise<EmulatorFaults>;
  /** Ends the emulator and starts another one on the same store and port, `downFor` milliseconds later. */
  restart(downFor: number): void;
  rest(method: string, path: string, fields?: Record<string, string>): Promise<Record<string, unknown>>;
  conversations(): Promise<{ sid: string; state: string }[]>;
  /** By index, without those that were removed. */
  messages(conversationSid: string): Promise<StoredMessage[]>;
  /** What the emulator that runs now answered with an error. */
  refusals(): Promise<string[]>;
  close(): Promise<void>;
}

/** An emulator that can be restarted, and a token service that can be ill. */
export async function startLossyService(onTokenFault: (kind: string) => void): Promise<LossyService> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lossy-'));
  const data = path.join(folder, 'store.db');
  const first = await createEmulator({ data });
  const { credentials, restUrl, wsUrl } = first;
  const port = Number(new URL(restUrl).port);
  let up: Promise<Emulator> = Promise.resolve(first);
  let tokens: TokenServiceState = 'well';

  const mint = (identity: string): string => {
    const now = Math.floor(Date.now() / 1_000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' })}.${part({
      jti: `${credentials.apiKeySid}-${randomUUID()}`,
      iss: credentials.apiKeySid,
      sub: credentials.accountSid,
      iat: now,
      exp: now + 3_600,
      grants: { identity, chat: { service_sid: credentials.serviceSid } },
    })}`;
    return `${unsigned}.${createHmac('sha256', credentials.apiKeySecret).update(unsigned).digest('base64url')}`;
  };
  const fetchToken: FetchToken = async ({ identity }) => {
    // A page asks over a network, which takes longer than a turn of the event loop.
    await pause(0);
    if (tokens !== 'well') onTokenFault(`token service ${tokens}`);
    if (tokens === 'silent') return new Promise(() => {});
    if (tokens === 'unreachable') throw new TokenServiceError('Nothing answered.');
    if (tokens === 'failing') throw new TokenServiceError('Trouble.', { status: 503 });
    if (tokens === 'too_busy')
      throw new TokenServiceError('Wait.', { status: 429, code: 'rate_limited', retryAfter: 5 });
    const token = tokens === 'babbling' ? '<html></html>' : mint(identity);
    return { token, identity, expiresIn: null, realtimeUrl: wsUrl, conversationSid: null };
  };

  const basic = Buffer.from(`${credentials.accountSid}:${credentials.authToken}`).toString('base64');
  const rest: LossyService['rest'] = async (method, where, fields) => {
    await up;
    const response = await fetch(`${restUrl}/v1/Conversations${where}`, {
      method,
      headers: { authorization: `Basic ${basic}`, connection: 'close' },
      ...(fields && { body: new URLSearchParams(fields) }),
    });
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`);
    return (response.status === 204 ? {} : await response.json()) as Record<string, unknown>;
  };

  return {
    fetchToken,
    tokenService(state) {
      tokens = state;
    },
    faults: async () => (await up).faults,
    restart(downFor) {
      up = up.then(async (old) => {
        await old.close();
        await new Promise((resolve) => setTimeout(resolve, downFor));
        return createEmulator({ data, port });
      });
    },
    rest,
    async conversations() {
      const { conversations } = await rest('GET', '?PageSize=100');
      return conversations as { sid: string; state: string }[];
    },
    async messages(conversationSid) {
      const { messages } = await rest('GET', `/${conversationSid}/Messages?PageSize=100`);
      return (messages as (StoredMessage & { attributes: string })[]).map(
        ({ sid, index, author, body, attributes }) => {
          return { sid, index, author, body, cid: clientIdOf(JSON.parse(attributes)) };
        },
      );
    },
    async refusals() {
      await up;
      const log = await fetch(`${restUrl}/_emulator/log`, { headers: { authorization: `Basic ${basic}` } });
      return (await log.text())
        .split('\n')
        .filter((line) => line !== '')
        .map(
          (line) => JSON.parse(line) as { method?: string; path?: string; status?: number; frame?: string },
        )
        .filter(({ status = 0 }) => status >= 400)
        .map(({ method = '', path: where = '', status, frame = '' }) => {
          return `${status} ${frame} ${method} ${where.replace(/.*[/]/, '').replace(/[A-Z]{2}[0-9a-f]{32}/, '')}`;
        });
    },
    async close() {
      await (await up).close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
