import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Config } from './config.js';
import { conversationName } from './conversation-names.js';
import { createTurns } from './in-turn.js';
import { type Log, silentLog } from './log.js';
import type { ProvenVisitor } from './proven-visitor.js';
import { setUpRoles } from './roles.js';
import { parrot } from './testing/parrot.js';
import { openSdkClient } from './testing/sdk-client.js';
import { type Stack, startStack } from './testing/stack.js';
import { createTwilioClient, type TwilioClient } from './twilio-client.js';
import { type ConversationFor, createConversationKeeper } from './visitor-conversation.js';

let now = 1_795_342_132_000;
let stack: Stack;
beforeEach(async () => {
  stack = await startStack(parrot());
});
afterEach(() => stack.close());

const visitor: ProvenVisitor = {
  identity: '9b16fcf6-3a18-8222-86e8-214197ade162',
  kind: 'anonymous',
  nameSeed: Buffer.alloc(32, 7),
};
const other = { ...visitor, identity: '950b0f1c-0730-8b4c-80b1-652c298efc65' };

/** The official client, whose calls go through `around`. */
function clientWith(around: (call: () => Promise<unknown>) => Promise<unknown>): TwilioClient {
  const client = createTwilioClient(stack.host.config);
  const transport = client.httpClient;
  const request = transport.request.bind(transport);
  vi.spyOn(transport, 'request').mockImplementation(
    (options) => around(() => request(options)) as ReturnType<typeof request>,
  );
  return client;
}

/** A server of its own: it shares nothing with another one but the service. */
function server(
  client = createTwilioClient(stack.host.config),
  changes: Partial<Config> = {},
  log: Log = silentLog,
): ConversationFor {
  const config = { ...stack.host.config, ...changes };
  return createConversationKeeper({ client, config, inTurn: createTurns(), log, now: () => now });
}

const all = async () => (await stack.service.conversations.list()).map(({ sid }) => sid);
const inside = async (sid = '') =>
  (await stack.service.conversations(sid).participants.list()).map(({ identity }) => identity);
const close = (sid = '') => stack.service.conversations(sid).update({ state: 'closed' });
const takeOut = (sid = '') => stack.service.conversations(sid).participants(visitor.identity).remove();

describe('a visitor’s conversation', () => {
  test('is made once, with the visitor in it, and found by every later call', async () => {
    const sid = await server()(visitor, {});
    expect(await server()(visitor, {})).toBe(sid);
    expect(await all()).toEqual([sid]);
    expect(await inside(sid)).toEqual([visitor.identity]);
    expect(await stack.service.conversations(sid ?? '').fetch()).toMatchObject({
      friendlyName: 'Web chat',
      uniqueName: conversationName(visitor.nameSeed),
    });
  });

  test('has the name that the widget gives it in easy mode', () => {
    const message = Buffer.concat([Buffer.from('twilio-webchat/conv/v1\0'), visitor.nameSeed]);
    const after = Buffer.concat([message, Buffer.from('\0CH1')]);
    const name = (bytes: Buffer) =>
      `w_${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}`;
    expect(conversationName(visitor.nameSeed)).toBe(name(message));
    expect(conversationName(visitor.nameSeed, 'CH1')).toBe(name(after));
  });

  test('that the visitor made in easy mode stays theirs', async () => {
    const { sid } = await stack.service.conversations.create({
      uniqueName: conversationName(visitor.nameSeed),
    });
    await stack.service.conversations(sid).participants.create({ identity: visitor.identity });
    expect(await server()(visitor, {})).toBe(sid);
    expect(await all()).toEqual([sid]);
  });

  test('is one when many calls on several servers come at the same time', async () => {
    const servers = Array.from({ length: 4 }, () => server());
    const calls = [...servers, ...servers].map((ask) => ask(visitor, {}));
    const sids = new Set(await Promise.all(calls));
    expect(await all()).toEqual([...sids]);
    expect(await inside([...sids][0])).toEqual([visitor.identity]);
  });

  test('is another one for another visitor', async () => {
    const ofOther = await server()({ ...other, nameSeed: Buffer.alloc(32, 8) }, {});
    expect(await server()(visitor, {})).not.toBe(ofOther);
  });

  test('gives the visitor the configured role', async () => {
    await setUpRoles({ ...stack.host.config, mode: 'hardened' });
    const role = (await stack.service.roles.list()).find(
      ({ friendlyName }) => friendlyName === 'channel user',
    );
    const sid = await server(undefined, { visitorRoleSid: role?.sid ?? '' })(visitor, {});
    const [participant] = await stack.service.conversations(sid ?? '').participants.list();
    expect(participant?.roleSid).toBe(role?.sid);
  });

  test('is left to the original’s clients, who make their own', async () => {
    expect(await server()({ ...visitor, kind: 'legacy' }, {})).toBeUndefined();
    expect(await all()).toEqual([]);
  });

  test('has no name that could be guessed from the identity of a logged-in visitor', async () => {
    const identity = `u_${'x'.repeat(43)}`;
    const user: ProvenVisitor = { identity, kind: 'user', nameSeed: Buffer.from(identity) };
    const trap = await stack.service.conversations.create({
      uniqueName: conversationName(user.nameSeed),
      friendlyName: 'Web chat, visitor is joining',
    });
    const sid = await server()(user, {});
    expect(sid).not.toBe(trap.sid);
    expect(await inside(trap.sid)).toEqual([]);
    expect(await server()(user, {})).toBe(sid);
  });

  test('is never one that another visitor made and pulled this one into', async () => {
    const attacker = await openSdkClient(stack, other.identity);
    const trap = await attacker.createConversation({ uniqueName: 'w_trap', friendlyName: 'Web chat' });
    await trap.join();
    await trap.add(visitor.identity);
    await attacker.shutdown();
    const sid = await server()(visitor, {});
    expect(sid).not.toBe(trap.sid);
    expect(await inside(sid)).toEqual([visitor.identity]);
  });
});

describe('a conversation that is over', () => {
  test('is shown, and followed by another only for who says that it is over', async () => {
    const first = (await server()(visitor, {})) ?? '';
    await close(first);
    expect(await server()(visitor, {})).toBe(first);
    expect(await all()).toEqual([first]);
    const ended = { ended: first };
    const [second = '', same] = await Promise.all([server()(visitor, ended), server()(visitor, ended)]);
    expect(second).toBe(same);
    expect(second).not.toBe(first);
    expect(await server()(visitor, {})).toBe(second);
    await close(second);
    // All of them were made within a second, the resolution of the dates; a late call hears of the newest as well.
    expect(await server()(visitor, {})).toBe(second);
    expect(await server()(visitor, ended)).toBe(second);
    expect(await all()).toHaveLength(2);
    const third = (await server()(visitor, { ended: second })) ?? '';
    expect([first, second]).not.toContain(third);
    await close(third);
    for (let time = 0; time < 3; time += 1) expect(await server()(visitor, {})).toBe(third);
    expect(await all()).toHaveLength(3);
  });

  test('was deleted: the one before it is shown, and another is made for who says so', async () => {
    const first = (await server()(visitor, {})) ?? '';
    await close(first);
    const second = (await server()(visitor, { ended: first })) ?? '';
    await stack.service.conversations(second).remove();
    expect(await server()(visitor, {})).toBe(first);
    const third = (await server()(visitor, { ended: second })) ?? '';
    expect((await all()).sort()).toEqual([first, third].sort());
    await close(third);
    // The browser's last word of a conversation that nobody has any more does not end the one after it.
    expect(await server()(visitor, { ended: second })).toBe(third);
  });

  test('and was left is not entered again, and the one before it is shown', async () => {
    const first = (await server()(visitor, {})) ?? '';
    await close(first);
    const second = (await server()(visitor, { ended: first })) ?? '';
    await takeOut(second);
    expect(await server()(visitor, {})).toBe(first);
    const third = await server()(visitor, { ended: first });
    expect([first, second]).not.toContain(third);
    expect(await inside(second)).toEqual([]);
    expect(await server()(visitor, { ended: second })).toBe(third);
  });

  test('was deleted: another one takes its name', async () => {
    const first = await server()(visitor, {});
    await stack.service.conversations(first ?? '').remove();
    const second = await server()(visitor, { ended: first ?? '' });
    expect(second).not.toBe(first);
    expect(await all()).toEqual([second]);
  });

  test('because the visitor was taken out is never entered again', async () => {
    const left: string[] = [];
    for (let time = 0; time < 4; time += 1) {
      const sid = (await server()(visitor, {})) ?? '';
      expect(left).not.toContain(sid);
      await takeOut(sid);
      left.push(sid);
    }
    for (const sid of left) expect(await inside(sid)).toEqual([]);
  });

  test('of which there are very many is followed by at most one an hour', async () => {
    const sids = new Set<string>();
    const ask = server();
    let refusals = 0;
    for (let time = 0; time < 12; time += 1) {
      const sid = await ask(visitor, {}).catch(() => {
        refusals += 1;
      });
      if (!sid) continue;
      sids.add(sid);
      await takeOut(sid);
    }
    expect(sids.size).toBe(8);
    expect(refusals).toBe(4);
    now += 3_600_000;
    const later = await ask(visitor, {});
    expect(sids).not.toContain(later);
    await takeOut(later);
    // The browser, which knows the last one, is not kept waiting.
    const last = [...sids].at(-1) ?? '';
    expect(sids).not.toContain(await ask(visitor, { ended: last }));
  });

  test('in words only is answered with the one that is open', async () => {
    const sid = await server()(visitor, {});
    expect(await server()(visitor, { ended: sid ?? '' })).toBe(sid);
    expect(await server()(visitor, { ended: `CH${'0'.repeat(32)}` })).toBe(sid);
    expect(await all()).toEqual([sid]);
  });

  test.each([
    ['not a SID', 'CH1'],
    ['empty', ''],
    ['given twice', ['a', 'b']],
  ])('is refused when it is %s', async (_what, ended) => {
    await expect(server()(visitor, { ended })).rejects.toMatchObject({ code: 'bad_request' });
    expect(await all()).toEqual([]);
  });
});

describe('a server that dies on the way', () => {
  test.each([
    ['before', 1],
    ['after', 1],
    ['before', 2],
    ['after', 2],
    ['before', 3],
    ['after', 3],
    ['before', 4],
    ['after', 4],
  ] as const)('%s its call number %i is finished by the next one', async (when, dying) => {
    let calls = 0;
    const crashed = clientWith(async (call) => {
      calls += 1;
      if (calls < dying) return call();
      if (calls === dying && when === 'after') await call();
      throw new Error('The server is gone.');
    });
    await expect(server(crashed)(visitor, {})).rejects.toMatchObject({
      code: 'twilio_unavailable',
      retryAfter: 2,
    });
    const sid = (await server()(visitor, {})) ?? '';
    expect(await all()).toEqual([sid]);
    expect(await inside(sid)).toEqual([visitor.identity]);
    // What was left half done does not bring the visitor back later.
    await takeOut(sid);
    expect(await server()(visitor, {})).not.toBe(sid);
    expect(await inside(sid)).toEqual([]);
  });

  test('after the visitor was let in does not bring back who was taken out since', async () => {
    let calls = 0;
    const crashed = clientWith(async (call) => {
      calls += 1;
      if (calls === 4) throw new Error('The server is gone.');
      return call();
    });
    await expect(server(crashed)(visitor, {})).rejects.toMatchObject({ code: 'twilio_unavailable' });
    const [sid = ''] = await all();
    expect(await inside(sid)).toEqual([visitor.identity]);
    expect((await stack.service.conversations(sid).fetch()).friendlyName).toBe(
      'Web chat, visitor is joining',
    );
    await stack.service.conversations(sid).messages.create({ author: visitor.identity, body: 'rude' });
    await takeOut(sid);
    expect(await server()(visitor, {})).not.toBe(sid);
    expect(await inside(sid)).toEqual([]);
  });

  test('says why in the log, and nothing of the visitor or the account', async () => {
    const lines: string[] = [];
    const write = (fields: object, message: string) =>
      void lines.push(JSON.stringify({ ...fields, message }));
    const log = { info: write, warn: write, error: write };
    const ask = server(undefined, {}, log);
    await stack.emulator.close();
    await expect(ask(visitor, {})).rejects.toMatchObject({ code: 'twilio_unavailable' });
    expect(lines.join()).toContain('ECONNREFUSED');
    const { apiKeySid, apiKeySecret } = stack.host.config;
    const basic = Buffer.from(`${apiKeySid}:${apiKeySecret}`).toString('base64');
    for (const secret of [apiKeySecret, basic, visitor.identity]) expect(lines.join()).not.toContain(secret);
  });
});
