import { describe, expect, it } from 'vitest';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

const url = 'http://127.0.0.1:4000/hook';
const flowSid = `FW${'7'.repeat(32)}`;

describe.each(scopes)('conversation-scoped webhooks below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { sid } = await conversations.create({});
    return { started, sid, webhooks: conversations(sid).webhooks };
  }

  it('show the settings of their target', async () => {
    const { webhooks, sid } = await setUp();
    const plain = await webhooks.create({
      target: 'webhook',
      'configuration.url': url,
      'configuration.method': 'get',
      'configuration.filters': ['onMessageAdded', 'onParticipantAdded'],
    });
    expect(plain).toMatchObject({
      sid: expect.stringMatching(/^WH[0-9a-f]{32}$/),
      conversationSid: sid,
      target: 'webhook',
      configuration: { url, method: 'get', filters: ['onMessageAdded', 'onParticipantAdded'] },
    });
    const studio = await webhooks.create({ target: 'studio', 'configuration.flowSid': flowSid });
    expect(studio.configuration).toEqual({ flow_sid: flowSid });
    const trigger = await webhooks.create({
      target: 'trigger',
      'configuration.url': url,
      'configuration.triggers': ['help', 'human'],
    });
    expect(trigger.configuration).toEqual({ url, method: 'post', filters: ['help', 'human'] });
  });

  it('are fetched, listed, changed and removed', async () => {
    const { webhooks } = await setUp();
    const { sid } = await webhooks.create({ target: 'webhook', 'configuration.url': url });
    expect((await webhooks(sid).fetch()).target).toBe('webhook');
    const changed = await webhooks(sid).update({ 'configuration.filters': ['onMessageAdded'] });
    expect(changed.configuration).toEqual({ url, method: 'post', filters: ['onMessageAdded'] });
    expect((await webhooks.list()).map((webhook) => webhook.sid)).toEqual([sid]);
    expect(await webhooks(sid).remove()).toBe(true);
    expect(await webhooks.list()).toEqual([]);
    expect(await refusal(webhooks(sid).fetch())).toMatchObject({ status: 404, code: 20404 });
  });

  it('are five at most', async () => {
    const { webhooks } = await setUp();
    const add = () => webhooks.create({ target: 'webhook', 'configuration.url': url });
    for (let n = 0; n < 5; n++) await add();
    expect(await refusal(add())).toMatchObject({ status: 400, code: 50361 });
    expect(await webhooks.list()).toHaveLength(5);
  });

  it('are refused by the name of the wrong parameter', async () => {
    const { webhooks } = await setUp();
    const refused = (params: Parameters<typeof webhooks.create>[0]) => refusal(webhooks.create(params));
    const long = `${url}?${'x'.repeat(512)}`;
    expect(await refused({ target: 'webhook', 'configuration.url': long })).toMatchObject({ code: 50372 });
    const bad = { target: 'webhook', 'configuration.url': 'ftp://127.0.0.1/' } as const;
    expect((await refused(bad)).message).toContain('Configuration.Url');
    expect((await refused({ target: 'webhook' })).message).toContain('Configuration.Url is needed');
    expect((await refused({ target: 'studio' })).message).toContain('Configuration.FlowSid is needed');
    expect((await refused({ target: 'email' as 'webhook' })).message).toContain('Target');
    const pre = { ...bad, 'configuration.url': url, 'configuration.filters': ['onMessageAdd'] };
    expect((await refused(pre)).message).toContain('Configuration.Filters has no event "onMessageAdd"');
    const trigger = { target: 'trigger', 'configuration.url': url, 'configuration.triggers': [''] } as const;
    expect(await refused({ ...trigger, 'configuration.triggers': [''] })).toMatchObject({ code: 50366 });
  });
});

describe('a scoped webhook', () => {
  it('cannot change its target or replay again', async () => {
    const started = await startForTest();
    const { conversations } = helperFor(started).conversations.v1;
    const { sid } = await conversations.create({});
    const webhook = await conversations(sid).webhooks.create({
      target: 'studio',
      'configuration.flowSid': flowSid,
    });
    const response = await ask(started, `/v1/Conversations/${sid}/Webhooks/${webhook.sid}`, {
      method: 'POST',
      body: new URLSearchParams({ 'Configuration.ReplayAfter': '0' }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      message: expect.stringContaining('Configuration.ReplayAfter'),
    });
  });
});
