import { afterEach, expect, test } from 'vitest';
import type { Bot } from '../bots/bot.js';
import { testConfig } from '../testing/config.js';
import { PAGE_ORIGIN, type Stack, startStack } from '../testing/stack.js';
import { claimsAt, hs256, ISSUER, KID, SECRET } from '../testing/user-tokens.js';
import { newVisitor } from '../testing/visitor.js';
import { createNodeHost } from './node.js';

const bot: Bot = {
  identity: 'log-bot',
  onConversationAdded: () => 'Welcome',
  onMessageAdded({ body }) {
    if (body.includes('fail')) throw new Error('The bot broke.');
    return ['Noted'];
  },
};

let stack: Stack;
afterEach(() => stack.close());

test.each(['easy', 'hardened'] as const)(
  'a day of traffic in %s mode, failures and all, leaves nothing secret in the log at its finest',
  async (mode) => {
    stack = await startStack(bot, { wait: () => Promise.resolve() });
    const { credentials, restUrl } = stack.emulator;
    const { config } = stack.host;
    const other = await startHost(mode, credentials, restUrl);
    const visitor = await newVisitor();
    const stranger = await newVisitor();
    const headers = {
      origin: PAGE_ORIGIN,
      authorization: 'Bearer page-bearer',
      cookie: 'sid=cookie-value',
      'x-forwarded-for': `eyJhbGciOi, ${visitor.proof}`,
    };
    const ask = (identity: string, body: RequestInit['body'], more: object = {}) =>
      fetch(`${other.url}/chat-widget?identity=${identity}`, {
        method: 'POST',
        headers,
        body: body ?? null,
        ...more,
      });
    const shown = (proof: string) => new URLSearchParams({ proof });

    const granted = await ask(visitor.identity, shown(visitor.proof));
    expect(granted.status).toBe(200);
    const { token } = (await granted.json()) as { token: string };
    expect((await ask(visitor.identity, shown(stranger.proof))).status).toBe(403);
    await ask(visitor.identity, shown(`${visitor.proof}x`));
    await ask(visitor.identity, new URLSearchParams({ user_token: token }));
    await ask(visitor.identity, `{"proof":"${visitor.proof}"`, {
      headers: { ...headers, 'content-type': 'application/json' },
    });
    await fetch(`${other.url}/chat-widget?identity=${visitor.identity}&proof=${visitor.proof}`, { headers });
    await fetch(`${other.url}/nowhere/${visitor.identity}?token=${token}`, { headers });

    const sid = await stack.newConversation();
    const legacy = '3f2b8a4e-1c5d-4e6f-8a9b-0c1d2e3f4a5b';
    const userToken = hs256(claimsAt(Math.floor(Date.now() / 1000)));
    const takeAlong = async () => {
      const { identity, proof } = visitor;
      const claim = { identity, proof, user_token: userToken, conversation_sid: sid };
      const migrate = { identity, proof, legacy_identity: legacy, legacy_conversation_sid: sid };
      for (const [path, fields] of Object.entries({ claim, migrate })) {
        const body = new URLSearchParams(fields);
        await fetch(`${other.url}/chat-widget/${path}`, { method: 'POST', headers, body });
      }
    };
    await stack.service.conversations(sid).participants.create({ identity: visitor.identity });
    await takeAlong();
    await ask(visitor.identity, new URLSearchParams({ proof: visitor.proof, user_token: `${userToken}x` }));
    await stack.added(sid);
    await stack.said(sid, 'my card is 4111', { Author: visitor.identity });
    await stack.said(sid, 'fail for 4111', { Author: visitor.identity });
    await fetch(`${stack.host.url}/webhooks/message-added`, {
      method: 'POST',
      headers: { 'x-twilio-signature': 'a-signature=' },
      body: new URLSearchParams({ Body: 'my card is 4111', Author: visitor.identity }),
    });
    await expect.poll(() => stack.log()).toContain('The bot broke.');
    // Twilio is away: the helper's errors bring whole requests along.
    await stack.emulator.close();
    await stack.added(sid);
    await stack.said(sid, 'hello 4111', { Author: visitor.identity });
    await ask(stranger.identity, shown(stranger.proof));
    await takeAlong();
    await Promise.all([other.close(), stack.host.close()]);

    const log = stack.log() + other.log();
    for (const expected of [
      '"outcome":"granted"',
      '"outcome":"proof_invalid"',
      '"event":"claim","outcome":"granted"',
      '"event":"claim","outcome":"twilio_unavailable"',
      '"event":"migrate","outcome":"migration_refused"',
      '"event":"migrate","outcome":"twilio_unavailable"',
      '"event":"user_token","outcome":"user_token_invalid"',
      'signature_invalid',
      'The bot broke.',
      'ECONNREFUSED',
    ]) {
      expect(log).toContain(expected);
    }
    for (const secret of [
      token,
      'eyJ',
      's1.',
      visitor.identity,
      stranger.identity,
      legacy,
      'u_',
      SECRET,
      'page-bearer',
      'cookie-value',
      'a-signature',
      '4111',
      'Basic ',
      config.apiKeySecret,
      config.authToken,
      Buffer.from(`${config.apiKeySid}:${config.apiKeySecret}`).toString('base64'),
    ]) {
      expect(log).not.toContain(secret);
    }
  },
);

/** A second host over the same service, behind a proxy and in the mode that is tried. */
async function startHost(
  mode: 'easy' | 'hardened',
  credentials: Stack['emulator']['credentials'],
  twilioApiBaseUrl: string,
) {
  const lines: string[] = [];
  const host = await createNodeHost({
    config: testConfig({
      ...credentials,
      twilioApiBaseUrl,
      mode,
      trustedProxies: ['loopback'],
      legacyUntil: Math.floor(Date.now() / 1000) + 86_400,
      userTokens: { issuer: ISSUER, algorithm: 'HS256', secrets: { [KID]: SECRET }, enforce: 'observe' },
    }),
    bot,
    wait: () => Promise.resolve(),
    log: { level: 'debug', stream: { write: (line) => void lines.push(line) } },
  });
  return { ...host, log: () => lines.join('') };
}
