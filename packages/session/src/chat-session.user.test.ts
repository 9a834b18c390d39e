import { afterEach, describe, expect, test } from 'vitest';
import type { ChatSessionOptions } from './contract.js';
import { createFakeBrowser, createOpenFiles, type FakeBrowser } from './fake-browser.js';
import { type BringAlong, type FetchToken, TokenServiceError } from './ports.js';
import { createFakeCrypto } from './testing.js';
import { userIdentity } from './user-identity.js';

const KEY = 'conversations-web-chat:default';
const crypto = createFakeCrypto();
let serial = 0;

/** What the site's backend signs. */
function tokenOf(sub: string): string {
  serial += 1;
  const claims = { iss: 'https://shop.example', sub, jti: String(serial) };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
}
const identityOf = (sub: string): string => userIdentity(tokenOf(sub), crypto) ?? '';
const refusal = (status: number, code: string) => new TokenServiceError('no', { status, code });

const browsers: FakeBrowser[] = [];
afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
});

/** A browser, and a service that lets users take the place of the anonymous visitors they were. */
function aBrowser() {
  const browser = createFakeBrowser();
  browsers.push(browser);
  const { service } = browser;
  const claims: string[] = [];
  const failures: Error[] = [];
  const bringAlong: BringAlong = {
    async claim({ identity, userToken, conversationSid }) {
      claims.push(conversationSid);
      const failure = failures.shift();
      if (failure) throw failure;
      service.join(conversationSid, userIdentity(userToken, crypto) ?? '');
      service.leave(conversationSid, identity);
    },
    async migrate({ identity, legacyIdentity, legacyConversationSid }) {
      claims.push(legacyConversationSid);
      const failure = failures.shift();
      if (failure) throw failure;
      service.join(legacyConversationSid, identity);
      service.leave(legacyConversationSid, legacyIdentity);
    },
  };
  const open = (options: Partial<ChatSessionOptions> = {}) => browser.open({ bringAlong, ...options });
  return { ...browser, open, claims, failures };
}

describe('a user who is logged in from the start', () => {
  test('is known by the site’s word alone, and leaves no secret behind', async () => {
    const { open, clock, service, storage } = aBrowser();
    const session = open({ userToken: tokenOf('42') });
    session.start();
    await clock.settle();
    const { status, identity, verified, conversationSid } = session.getSnapshot();
    expect({ status, identity, verified }).toEqual({
      status: 'online',
      identity: 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60',
      verified: true,
    });
    expect(service.asked).toEqual([{ identity, userToken: expect.any(String) }]);
    expect([...storage.values.keys()]).toEqual([`${KEY}:user`]);
    expect(JSON.parse(storage.values.get(`${KEY}:user`) ?? '')).toMatchObject({
      uuid: identity,
      secret: null,
      conversation_sid: conversationSid,
    });
  });

  test('does not pass for an agent whose identity is a UUID', async () => {
    const { open, clock, service } = aBrowser();
    const anna = '0b5f8a52-6f0a-4c3e-9d0b-3f5f6f1f2a77';
    const session = open({ userToken: tokenOf('42'), staff: { agents: { identities: [anna] } } });
    session.start();
    await clock.settle();
    const sid = session.getSnapshot().conversationSid ?? '';
    for (const author of [anna, '1c5f8a52-6f0a-4c3e-9d0b-3f5f6f1f2a77']) service.add(sid, author, 'hello');
    service.type(sid, anna, true);
    await clock.settle();
    const { messages, unread, typing } = session.getSnapshot();
    expect(messages.map(({ role, own }) => [role, own])).toEqual([
      ['agent', false],
      ['visitor', true],
    ]);
    expect({ unread, typing }).toEqual({ unread: 1, typing: [anna] });
  });

  test('finds the same conversation on another device', async () => {
    const one = aBrowser();
    const first = one.open({ userToken: tokenOf('42') });
    first.start();
    await one.clock.settle();
    const other = createFakeBrowser(one.clock, one.service);
    browsers.push(other);
    const second = other.open({ userToken: tokenOf('42') });
    second.start();
    await one.clock.settle();
    expect(second.getSnapshot().conversationSid).toBe(first.getSnapshot().conversationSid);
  });

  test('still chats where somebody took every name that follows from their identity', async () => {
    const { open, clock, service } = aBrowser();
    const session = open({ userToken: tokenOf('42') });
    service.fail('create', 'not_a_participant');
    service.fail('create', 'not_a_participant');
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('is asked of the page for each token, and once more when the service finds the word expired', async () => {
    const { open, clock, service } = aBrowser();
    let words = 0;
    let expired = 1;
    const fetchToken: FetchToken = (request) => {
      if (expired-- > 0) return Promise.reject(refusal(401, 'user_token_expired'));
      return service.fetchToken(request);
    };
    const userToken = async (): Promise<string> => {
      words += 1;
      return tokenOf('42');
    };
    const session = open({ userToken, fetchToken });
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', verified: true });
    expect(words).toBe(2);
    await clock.advance(service.tokenLifeMs * 0.85);
    expect(words).toBe(3);
    expect(session.getSnapshot().status).toBe('online');
  });

  test.each([['user_token_expired'], ['user_token_invalid'], ['audience_mismatch']])(
    'is blocked when the service answers %s, until the site says another word',
    async (code) => {
      const { open, clock, service } = aBrowser();
      let good = false;
      const fetchToken: FetchToken = (request) =>
        good || request.userToken === undefined
          ? service.fetchToken(request)
          : Promise.reject(refusal(401, code));
      const session = open({ userToken: tokenOf('42'), fetchToken });
      session.start();
      await clock.settle();
      expect(session.getSnapshot()).toMatchObject({ status: 'blocked', reason: 'user_token_rejected' });
      good = true;
      await Promise.all([session.identify(tokenOf('42')), clock.settle()]);
      await clock.settle();
      expect(session.getSnapshot()).toMatchObject({ status: 'online', verified: true });
    },
  );

  test('whose word nobody can check now is tried again', async () => {
    const { open, clock, service } = aBrowser();
    let away = true;
    const fetchToken: FetchToken = (request) =>
      away ? Promise.reject(refusal(503, 'jwks_unavailable')) : service.fetchToken(request);
    const session = open({ userToken: tokenOf('42'), fetchToken });
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'user_token_unavailable' });
    away = false;
    await clock.advance(5_000);
    expect(session.getSnapshot().status).toBe('online');
  });

  test('whose page gives no word is tried again, also when the page never answers', async () => {
    const { open, clock } = aBrowser();
    const words: (() => Promise<string>)[] = [
      () => Promise.reject(new Error('no')),
      () => new Promise(() => {}),
      async () => tokenOf('42'),
    ];
    const session = open({ userToken: () => words.shift()?.() ?? Promise.reject(new Error('none')) });
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'user_token_unavailable' });
    await clock.advance(30_000);
    expect(session.getSnapshot().status).toBe('online');
  });

  test('is served as the anonymous visitor by a service that only watches bad tokens', async () => {
    const { open, clock, service } = aBrowser();
    const fetchToken: FetchToken = (request) =>
      request.userToken !== undefined && request.proof === undefined
        ? Promise.reject(refusal(401, 'user_token_invalid'))
        : service.fetchToken(request);
    const session = open({ userToken: tokenOf('42'), fetchToken });
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', verified: false });
    expect(service.asked[0]).toMatchObject({ userToken: expect.any(String), proof: expect.any(String) });
  });
});

describe('who logs in during an anonymous chat', () => {
  test('keeps the conversation, with what was said on the right side', async () => {
    const { open, clock, service, storage, claims } = aBrowser();
    const session = open();
    session.start();
    await clock.settle();
    session.send('before');
    await clock.settle();
    const before = session.getSnapshot();
    await Promise.all([session.identify(tokenOf('42')), clock.settle()]);
    await clock.settle();
    session.send('after');
    await clock.settle();
    const after = session.getSnapshot();
    expect(after).toMatchObject({
      status: 'online',
      verified: true,
      identity: identityOf('42'),
      conversationSid: before.conversationSid,
      notices: [],
    });
    expect(after.messages.map(({ body, own, state }) => [body, own, state])).toEqual([
      ['before', true, 'sent'],
      ['after', true, 'sent'],
    ]);
    const stored = service.conversations.get(after.conversationSid ?? '');
    expect(stored?.messages.map(({ author }) => author)).toEqual([before.identity, identityOf('42')]);
    expect(claims).toHaveLength(1);
    expect([...storage.values.keys()]).toEqual([`${KEY}:user`]);
  });

  test('on another page takes along what was said, and what could not be sent', async () => {
    const { open, clock, service } = aBrowser();
    const anonymous = open();
    anonymous.start();
    await clock.settle();
    const { conversationSid } = anonymous.getSnapshot();
    service.refuse(true);
    anonymous.send('unsent');
    await anonymous.stop();
    service.refuse(false);
    const session = open({ userToken: tokenOf('42') });
    session.start();
    await clock.advance(5_000);
    expect(session.getSnapshot().conversationSid).toBe(conversationSid);
    expect(service.conversations.get(conversationSid ?? '')?.messages).toMatchObject([
      { body: 'unsent', author: identityOf('42') },
    ]);
  });

  test('delivers once what was on its way when they did', async () => {
    const { open, clock, service } = aBrowser();
    const session = open();
    session.start();
    await clock.settle();
    service.fail('send', 'unanswered');
    session.send('stored, and nobody knows');
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'reconnecting', messages: [{ state: 'sending' }] });
    await session.identify(tokenOf('42'));
    await clock.advance(10_000);
    const { messages, conversationSid } = session.getSnapshot();
    expect(messages.map(({ body, state }) => [body, state])).toEqual([['stored, and nobody knows', 'sent']]);
    expect(service.conversations.get(conversationSid ?? '')?.messages).toHaveLength(1);
  });

  test('has a conversation of their own where it cannot be taken along, and is told; unsent texts move', async () => {
    const { open, clock, service, failures } = aBrowser();
    const session = open();
    session.start();
    await clock.settle();
    session.send('said before');
    await clock.settle();
    const before = session.getSnapshot();
    service.refuse(true);
    session.send('unsent');
    service.refuse(false);
    failures.push(refusal(403, 'claim_refused'));
    await session.identify(tokenOf('42'));
    await clock.advance(5_000);
    const after = session.getSnapshot();
    expect(after).toMatchObject({ status: 'online', verified: true, notices: ['previous_chat_gone'] });
    expect(after.conversationSid).not.toBe(before.conversationSid);
    expect(after.messages.map(({ body, state }) => [body, state])).toEqual([['unsent', 'sent']]);
  });

  test('on another page keeps what was not sent, also where the conversation stays behind', async () => {
    const { open, clock, service, failures } = aBrowser();
    const anonymous = open();
    anonymous.start();
    await clock.settle();
    service.refuse(true);
    anonymous.send('unsent');
    anonymous.draft.write('half a thought');
    await anonymous.stop();
    service.refuse(false);
    failures.push(refusal(403, 'claim_refused'));
    const session = open({ userToken: tokenOf('42') });
    session.start();
    await clock.advance(5_000);
    expect(session.getSnapshot()).toMatchObject({
      verified: true,
      messages: [{ body: 'unsent', state: 'sent' }],
      notices: ['previous_chat_gone'],
    });
    expect(session.draft.read()).toBe('half a thought');
  });

  test.each([
    ['nobody answers', new TokenServiceError('away')],
    ['the service has trouble', refusal(502, 'twilio_unavailable')],
    ['the service wants patience', refusal(429, 'rate_limited')],
    ['something in between answers', new TokenServiceError('<h1>', { status: 403 })],
  ])('is taken along later when %s now', async (_, failure) => {
    const { open, clock, failures, claims } = aBrowser();
    const session = open();
    session.start();
    await clock.settle();
    const { conversationSid } = session.getSnapshot();
    failures.push(failure, failure);
    const identified = session.identify(tokenOf('42'));
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'reconnecting', conversationSid });
    await clock.advance(20_000);
    await identified;
    expect(session.getSnapshot()).toMatchObject({ status: 'online', verified: true, conversationSid });
    expect(claims).toHaveLength(3);
  });

  test('says it again at each turn, and nothing happens but the first time', async () => {
    const { open, clock, service } = aBrowser();
    const session = open({ userToken: tokenOf('42') });
    session.start();
    await clock.settle();
    const connection = service.granted.length;
    await session.identify(async () => tokenOf('42'));
    await session.identify(tokenOf('42'));
    await clock.settle();
    expect(service.granted).toHaveLength(connection);
    expect(session.getSnapshot().status).toBe('online');
  });

  test('before the chat was started is the user when it is', async () => {
    const { open, clock } = aBrowser();
    const session = open();
    await session.identify(tokenOf('42'));
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', identity: identityOf('42') });
  });

  test('and comes back on a page that does not say so is a stranger there, and not the user', async () => {
    const { open, clock, service } = aBrowser();
    const session = open({ userToken: tokenOf('42') });
    session.start();
    await clock.settle();
    service.refuse(true);
    session.send('for the user’s conversation');
    await session.stop();
    service.refuse(false);
    const elsewhere = open();
    elsewhere.start();
    await clock.advance(5_000);
    expect(elsewhere.getSnapshot()).toMatchObject({ status: 'online', verified: false, messages: [] });
    expect(elsewhere.getSnapshot().conversationSid).not.toBe(session.getSnapshot().conversationSid);
  });

  test('after somebody else, who did not log out, sees nothing of theirs', async () => {
    const { open, clock, service } = aBrowser();
    const session = open({ userToken: tokenOf('1') });
    session.start();
    await clock.settle();
    session.send('a secret of the first');
    await clock.settle();
    service.refuse(true);
    session.send('unsent of the first');
    service.refuse(false);
    const identified = session.identify(tokenOf('2'));
    await clock.advance(5_000);
    await identified;
    expect(session.getSnapshot()).toMatchObject({
      status: 'online',
      identity: identityOf('2'),
      messages: [],
    });
    // On a page of its own, too.
    const third = open({ userToken: tokenOf('3') });
    third.start();
    await clock.advance(5_000);
    expect(third.getSnapshot()).toMatchObject({ status: 'online', identity: identityOf('3'), messages: [] });
  });

  test('as somebody else than before, by what the page’s callback says, becomes that one', async () => {
    const { open, clock, service } = aBrowser();
    let sub = '1';
    const session = open({ userToken: async () => tokenOf(sub) });
    session.start();
    await clock.settle();
    session.send('of the first');
    await clock.settle();
    sub = '2';
    await clock.advance(service.tokenLifeMs);
    expect(session.getSnapshot()).toMatchObject({
      status: 'online',
      identity: identityOf('2'),
      messages: [],
    });
  });

  test('after somebody else leaves no file of theirs behind', async () => {
    const { open, clock, service } = aBrowser();
    const files = createOpenFiles();
    const first = open({ userToken: tokenOf('1'), files });
    first.start();
    await clock.settle();
    service.refuse(true);
    first.send('', [Object.assign(new Blob(['x']), { name: 'x.txt' })]);
    await clock.settle();
    await first.stop();
    service.refuse(false);
    const anonymous = open({ files });
    anonymous.start();
    await clock.settle();
    service.refuse(true);
    anonymous.send('', [Object.assign(new Blob(['y']), { name: 'y.txt' })]);
    await clock.settle();
    expect(files.contents.size).toBe(2);
    await Promise.all([anonymous.identify(tokenOf('2')), clock.settle()]);
    await clock.settle();
    expect([...files.contents.values()].map(({ size }) => size)).toEqual([1]);
    expect(anonymous.getSnapshot().messages).toMatchObject([{ media: [{ name: 'y.txt' }] }]);
  });

  test('after somebody else whose conversation was over has their own, which is not', async () => {
    const { open, clock, service } = aBrowser();
    const session = open({ userToken: tokenOf('1') });
    session.start();
    await clock.settle();
    service.close(session.getSnapshot().conversationSid ?? '');
    await clock.settle();
    expect(session.getSnapshot().status).toBe('ended');
    await Promise.all([session.identify(tokenOf('2')), clock.settle()]);
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', identity: identityOf('2') });
  });

  test.each([true, false])(
    'keeps what they had written as the user before that (had a conversation: %s)',
    async (had) => {
      const { open, clock, service } = aBrowser();
      const first = open({ userToken: tokenOf('1') });
      service.refuse(!had);
      first.start();
      await clock.settle();
      service.refuse(true);
      first.send('unsent of the user');
      first.draft.write('half a thought');
      await first.stop();
      service.refuse(false);
      const session = open();
      session.start();
      await clock.settle();
      const { conversationSid } = session.getSnapshot();
      await clock.advance(1_000);
      service.refuse(true);
      session.send('unsent of nobody');
      service.refuse(false);
      await session.identify(tokenOf('1'));
      await clock.advance(5_000);
      expect(session.getSnapshot()).toMatchObject({
        conversationSid,
        messages: [
          { body: 'unsent of the user', state: 'sent' },
          { body: 'unsent of nobody', state: 'sent' },
        ],
      });
      expect(session.draft.read()).toBe('half a thought');
    },
  );

  test('is not kept where another installation has its visitor', async () => {
    const { open, clock, storage } = aBrowser();
    const named = open({ key: 'default:user' });
    named.start();
    await clock.settle();
    const session = open({ userToken: tokenOf('1') });
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(JSON.stringify([...storage.values])).toContain(named.getSnapshot().identity);
  });
});

describe('a visitor of the original chat', () => {
  const OLD = 'a3bb189e-8bf9-4c8e-9a2b-1d5b5f1f0e11';

  function withOriginal() {
    const browser = aBrowser();
    const { sid } = browser.service.named('w_original', OLD);
    browser.service.add(sid, OLD, 'said in the original');
    browser.storage.values.set('webchat-uuid', OLD).set('webchat-sid', sid);
    return { ...browser, sid };
  }

  test('has their conversation again, under an identity that can be proven', async () => {
    const { open, clock, sid, claims } = withOriginal();
    const session = open();
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid, notices: [] });
    expect(session.getSnapshot().identity).not.toBe(OLD);
    expect(session.getSnapshot().messages).toMatchObject([{ body: 'said in the original', own: true }]);
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().conversationSid).toBe(sid);
    expect(claims).toEqual([sid]);
  });

  test('has a new one where the service allows no more, is told, and is asked about once', async () => {
    const { open, clock, sid, failures, claims } = withOriginal();
    failures.push(refusal(403, 'migration_refused'));
    const session = open();
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', notices: ['previous_chat_gone'] });
    expect(session.getSnapshot().conversationSid).not.toBe(sid);
    const again = open();
    again.start();
    await clock.settle();
    expect(claims).toEqual([sid]);
    expect(again.getSnapshot().notices).toEqual([]);
  });

  test('is not given up on while nobody answers, nor by a reload meanwhile', async () => {
    const { open, clock, sid, failures } = withOriginal();
    failures.push(new TokenServiceError('away'));
    const session = open();
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('failed');
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid });
  });

  test('starts anew, without a word, where nothing can be brought along', async () => {
    const { open, clock, claims } = withOriginal();
    const session = open({ bringAlong: undefined as never });
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', notices: [] });
    expect(claims).toEqual([]);
  });
});
