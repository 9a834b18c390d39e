import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BuiltFunctions, buildFunctions } from '../testing/functions-project.js';
import {
  type Ask,
  call,
  form,
  type HostUnderTest,
  hostsUnderTest,
  PAGE_ORIGIN,
  type RunningHost,
  shows,
} from '../testing/host-under-test.js';
import { CLAIM, LEGACY, REFUSALS, USER, userToken } from '../testing/login-refusals.js';
import { connect } from '../testing/sdk.js';
import { ISSUER, KID, SECRET } from '../testing/user-tokens.js';
import { newVisitor, type Visitor } from '../testing/visitor.js';

let built: BuiltFunctions;
beforeAll(async () => {
  built = await buildFunctions(fileURLToPath(new URL('../testing/echo-bot.ts', import.meta.url)));
});
afterAll(() => built.remove());

const LOGINS = {
  USER_TOKEN_ISSUER: ISSUER,
  USER_TOKEN_ALGORITHM: 'HS256',
  USER_TOKEN_SECRETS: `${KID}=${SECRET}`,
};
let host: RunningHost;
let visitor: Visitor;
beforeEach(async () => {
  visitor = await newVisitor();
});
afterEach(() => host.close());

async function post(path: string, fields: Record<string, string>) {
  const response = await call(host.url + path, {
    headers: form,
    body: new URLSearchParams(fields).toString(),
  });
  const body = (await response.json()) as Record<string, unknown> & { error?: { code: string } };
  return { status: response.status, code: body.error?.code, body };
}

async function conversationOf(identity: string): Promise<string> {
  const { sid } = await host.service.conversations.create({});
  await host.service.conversations(sid).participants.create({ identity });
  return sid;
}

const inside = async (sid: string): Promise<string[]> =>
  (await host.service.conversations(sid).participants.list()).map(({ identity }) => identity);

describe.each(hostsUnderTest(() => built.dir))('on $name', ({ name, start }: HostUnderTest) => {
  it('whoever the site signs for gets a token by it, and nobody else', async () => {
    host = await start(LOGINS);
    const granted = await post('/chat-widget', { user_token: userToken() });
    expect([granted.status, granted.body.identity]).toEqual([200, USER]);
    const late = await post('/chat-widget', { user_token: userToken({ iat: 1, exp: 301 }) });
    expect([late.status, late.code]).toEqual([401, 'user_token_expired']);
    const forged = await post('/chat-widget', { user_token: `${userToken()}A` });
    expect([forged.status, forged.code]).toEqual([401, 'user_token_invalid']);
    const elsewhere = await post('/chat-widget', { user_token: userToken({ aud: 'another-chat' }) });
    expect([elsewhere.status, elsewhere.code]).toEqual([403, 'audience_mismatch']);
  });

  it('who logs in takes the anonymous conversation along', async () => {
    host = await start(LOGINS);
    const conversation_sid = await conversationOf(visitor.identity);
    const claimed = await post('/chat-widget/claim', {
      ...visitor,
      user_token: userToken(),
      conversation_sid,
    });
    expect(claimed).toMatchObject({ status: 200, body: { conversation_sid, identity: USER } });
    expect(await inside(conversation_sid)).toEqual([USER]);
    const other = await conversationOf('somebody');
    const refused = await post('/chat-widget/claim', {
      ...visitor,
      user_token: userToken(),
      conversation_sid: other,
    });
    expect([refused.status, refused.code]).toEqual([403, 'claim_refused']);
    expect(await inside(other)).toEqual(['somebody']);
  });

  it('who was a visitor of the original brings the conversation along, until the last day', async () => {
    host = await start({ LEGACY_GET: 'on', LEGACY_UNTIL: '2999-12-31' });
    const legacy_identity = LEGACY;
    const before = await call(`${host.url}/chat-widget`, {
      method: 'GET',
      query: `?identity=${legacy_identity}`,
    });
    const client = await connect(await before.text(), host.emulator.wsUrl);
    const conversation = await client.createConversation({});
    await conversation.join();
    const legacy_conversation_sid = conversation.sid;
    await client.shutdown();

    const migrated = await post('/chat-widget/migrate', {
      ...visitor,
      legacy_identity,
      legacy_conversation_sid,
    });
    expect(migrated.status).toBe(200);
    expect(await inside(legacy_conversation_sid)).toEqual([visitor.identity]);
    const other = await newVisitor();
    const refused = await post('/chat-widget/migrate', {
      ...other,
      legacy_identity,
      legacy_conversation_sid,
    });
    expect([refused.status, refused.code]).toEqual([403, 'migration_refused']);
  });

  it('a token of 3 KB reaches whoever reads it, with all that a claim has beside it', async () => {
    host = await start(LOGINS);
    const conversation_sid = await conversationOf(visitor.identity);
    const user_token = userToken({ name: 'x'.repeat(2050) });
    expect(user_token.length).toBeGreaterThan(2900);
    const claimed = await post(CLAIM, { ...visitor, user_token, conversation_sid });
    expect(claimed.status).toBe(200);
    const longer = userToken({ name: 'x'.repeat(2200) });
    expect((await post(CLAIM, { ...visitor, user_token: longer, conversation_sid })).code).toBe(
      'user_token_invalid',
    );
  });

  it.each(Object.entries(REFUSALS))('%s is refused, and nobody is moved', async (_what, refusal) => {
    host = await start({ ...LOGINS, LEGACY_UNTIL: '2999-12-31', ...refusal.environment });
    const sid = await conversationOf('somebody');
    const fields =
      refusal.path === CLAIM
        ? { conversation_sid: sid, user_token: userToken() }
        : { legacy_conversation_sid: sid, legacy_identity: LEGACY };
    const body = new URLSearchParams({ ...visitor, ...fields, ...refusal.fields?.() }).toString();
    const ask: Ask = { method: 'POST', headers: form, ...refusal.ask };
    const response = await call(
      host.url + refusal.path,
      ask.method === 'GET' ? { ...ask, query: `?${body}` } : { ...ask, body },
    );
    const other = name === 'Functions' ? refusal.onFunctions : undefined;
    expect(response.status).toBe(other?.status ?? refusal.status);
    expect(await inside(sid)).toEqual(['somebody']);
    if (other) return;
    expect(await response.json()).toEqual({
      error: { code: refusal.code, message: expect.stringMatching(/\w.*\.$/s) },
      serverTime: expect.any(Number),
    });
    const readable = refusal.code === 'origin_not_allowed' ? null : PAGE_ORIGIN;
    expect(response.headers.get('access-control-allow-origin')).toBe(readable);
    expect(response.headers.get('cache-control')).toBe('no-store');
    if (refusal.status >= 502) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('a visitor gets a conversation with a bot in hardened mode, without a permission to make one', async () => {
    host = await start({ CHAT_MODE: 'hardened' });
    await host.service.configuration.webhooks().update({
      postWebhookUrl: host.url + host.paths.conversationAdded,
      filters: ['onConversationAdded'],
      method: 'POST',
    });
    const answer = await call(`${host.url}/chat-widget`, shows(visitor));
    const { conversation_sid = '' } = (await answer.json()) as { conversation_sid?: string };
    expect(await inside(conversation_sid)).toEqual([visitor.identity]);
    await expect
      .poll(async () =>
        (await host.service.conversations(conversation_sid).messages.list()).map(({ body }) => body),
      )
      .toEqual(['Hello']);
  });
});
