import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startReceiver } from '../testing/receiver.js';
import { helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';
import { holdTime } from '../testing/time.js';

const minutes = (count: number): number => count * 60_000;
const timers = { 'timers.inactive': 'PT5M', 'timers.closed': 'PT20M' };

describe.each(scopes)('states and timers below the %s prefix', (scope) => {
  async function setUp() {
    const { pass, ...parts } = holdTime();
    const started = await startForTest({}, parts);
    const { conversations } = scoped(helperFor(started), started, scope);
    const look = async (sid: string) => {
      const { state, timers: dates } = await conversations(sid).fetch();
      return [state, dates.date_inactive, dates.date_closed];
    };
    return { conversations, look, pass };
  }

  it('lead from active to inactive to closed', async () => {
    const { conversations, look, pass } = await setUp();
    const { sid } = await conversations.create(timers);
    expect(await look(sid)).toEqual(['active', '2026-11-22T10:05:00Z', '2026-11-22T10:20:00Z']);
    pass(minutes(5) - 1);
    expect((await look(sid))[0]).toBe('active');
    pass(1);
    expect(await look(sid)).toEqual(['inactive', undefined, '2026-11-22T10:20:00Z']);
    pass(minutes(15));
    expect(await look(sid)).toEqual(['closed', undefined, undefined]);
  });

  it('start anew with each message, which wakes an inactive conversation', async () => {
    const { conversations, look, pass } = await setUp();
    const { sid } = await conversations.create(timers);
    pass(minutes(4));
    await conversations(sid).messages.create({ body: 'still here' });
    expect(await look(sid)).toEqual(['active', '2026-11-22T10:09:00Z', '2026-11-22T10:24:00Z']);
    pass(minutes(4));
    expect((await look(sid))[0]).toBe('active');
    pass(minutes(2));
    expect((await look(sid))[0]).toBe('inactive');
    await conversations(sid).messages.create({ body: 'back' });
    expect(await look(sid)).toEqual(['active', '2026-11-22T10:15:00Z', '2026-11-22T10:30:00Z']);
  });

  it('are set, changed and switched off later, each on its own', async () => {
    const { conversations, look, pass } = await setUp();
    const { sid } = await conversations.create({});
    expect(await look(sid)).toEqual(['active', undefined, undefined]);
    await conversations(sid).update({ 'timers.closed': 'PT1H' });
    expect(await look(sid)).toEqual(['active', undefined, '2026-11-22T11:00:00Z']);
    pass(minutes(1));
    await conversations(sid).update({ 'timers.inactive': 'PT1M' });
    expect(await look(sid)).toEqual(['active', '2026-11-22T10:02:00Z', '2026-11-22T11:01:00Z']);
    await conversations(sid).update({ 'timers.inactive': 'PT0S', friendlyName: 'x' });
    pass(minutes(30));
    expect(await look(sid)).toEqual(['active', undefined, '2026-11-22T11:01:00Z']);
  });

  it('keep to the state that a request asks for', async () => {
    const { conversations, look, pass } = await setUp();
    const { sid } = await conversations.create(timers);
    await conversations(sid).update({ state: 'inactive' });
    expect(await look(sid)).toEqual(['inactive', undefined, '2026-11-22T10:20:00Z']);
    pass(minutes(1));
    await conversations(sid).update({ state: 'active' });
    expect(await look(sid)).toEqual(['active', '2026-11-22T10:06:00Z', '2026-11-22T10:21:00Z']);
    await conversations(sid).update({ state: 'closed' });
    expect(await look(sid)).toEqual(['closed', undefined, undefined]);
    pass(minutes(60));
    expect((await look(sid))[0]).toBe('closed');
  });

  it('refuse timers by their codes', async () => {
    const { conversations } = await setUp();
    const code = async (params: object) => (await refusal(conversations.create(params))).code;
    expect(await code({ 'timers.inactive': 'PT59S' })).toBe(50375);
    expect(await code({ 'timers.closed': 'PT9M' })).toBe(50376);
    expect(await code({ 'timers.inactive': 'soon' })).toBe(50379);
    expect(await code({ 'timers.closed': 'soon' })).toBe(50380);
    expect(await conversations.list()).toEqual([]);
  });
});

describe('timers of the account', () => {
  it('are given to new conversations that name none', async () => {
    const { pass, ...parts } = holdTime();
    const { v1 } = helperFor(await startForTest({}, parts)).conversations;
    const before = await v1.conversations.create({});
    const configured = await v1
      .configuration()
      .update({ defaultInactiveTimer: 'PT1M', defaultClosedTimer: 'PT10M' });
    expect(configured).toMatchObject({ defaultInactiveTimer: 'PT1M', defaultClosedTimer: 'PT10M' });
    const own = await v1.conversations.create({ 'timers.closed': 'P1D' });
    const without = await v1.conversations.create({ 'timers.inactive': '', 'timers.closed': '' });
    pass(minutes(60));
    const states = [];
    for (const { sid } of [before, own, without]) states.push((await v1.conversations(sid).fetch()).state);
    expect(states).toEqual(['active', 'inactive', 'active']);
    const refused = await refusal(v1.configuration().update({ defaultClosedTimer: 'PT1M' }));
    expect(refused.code).toBe(50376);
    expect((await v1.configuration().fetch()).defaultClosedTimer).toBe('PT10M');
  });
});

describe('webhooks about states', () => {
  it('say what was the reason', async () => {
    const { pass, ...parts } = holdTime();
    const started = await startForTest({}, parts);
    const receiver = await startReceiver();
    const { v1 } = helperFor(started).conversations;
    await v1.configuration.webhooks().update({
      postWebhookUrl: receiver.url,
      filters: ['onConversationStateUpdated', 'onConversationUpdated'],
    });
    const { sid } = await v1.conversations.create(timers);
    pass(minutes(5));
    await v1.conversations(sid).messages.create({ body: 'back', xTwilioWebhookEnabled: 'true' });
    await v1.conversations(sid).update({ state: 'inactive', xTwilioWebhookEnabled: 'true' });
    pass(minutes(20));
    await started.webhooks.idle();
    expect(
      receiver.received.map(({ fields }) => [
        fields.EventType,
        fields.StateFrom,
        fields.StateTo,
        fields.Reason,
      ]),
    ).toEqual([
      ['onConversationStateUpdated', 'active', 'inactive', 'TIMER'],
      ['onConversationStateUpdated', 'inactive', 'active', 'EVENT'],
      ['onConversationUpdated', undefined, undefined, undefined],
      ['onConversationStateUpdated', 'active', 'inactive', 'API'],
      ['onConversationStateUpdated', 'inactive', 'closed', 'TIMER'],
    ]);
    expect(receiver.received[0]?.fields.StateUpdated).toBe('2026-11-22T10:05:00.000Z');
  });
});

describe('timers of a store that was down', () => {
  it('go on after a restart, and run out at once when their time is past', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'timers-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const data = join(folder, 'store.sqlite');
    const { pass, ...parts } = holdTime();
    const first = await startForTest({ data }, parts);
    const { v1 } = helperFor(first).conversations;
    const [soon, late] = [
      await v1.conversations.create({ 'timers.inactive': 'PT1M' }),
      await v1.conversations.create({ 'timers.inactive': 'PT1H' }),
    ];
    await first.emulator.close();
    pass(minutes(30));
    const again = helperFor(await startForTest({ data }, parts)).conversations.v1;
    const state = async ({ sid }: { sid: string }) => (await again.conversations(sid).fetch()).state;
    expect([await state(soon), await state(late)]).toEqual(['inactive', 'active']);
    pass(minutes(30));
    expect(await state(late)).toBe('inactive');
  });
});
