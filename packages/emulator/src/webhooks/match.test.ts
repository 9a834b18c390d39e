import { describe, expect, it } from 'vitest';
import type { WebhookConfigurationRow, WebhookRow } from '../store/rows.js';
import { firesWebhooks, hooksFor } from './match.js';
import type { WebhookEvent } from './payload.js';

const url = 'http://127.0.0.1:4000/';
const event = (name: WebhookEvent['name'], body = 'Hello'): WebhookEvent => ({
  name,
  fields: { Body: body },
});

const webhook = (change: Partial<WebhookRow>): WebhookRow => ({
  ...{ sid: 'WH1', conversationSid: 'CH1', target: 'webhook', url, method: 'POST', flowSid: null },
  ...{ filters: ['onMessageAdded'], triggers: [], replayAfter: null, dateCreated: 0, dateUpdated: 0 },
  ...change,
});
const configuration = (change: Partial<WebhookConfigurationRow>): WebhookConfigurationRow => ({
  ...{ scope: 'global', preWebhookUrl: null, postWebhookUrl: url, method: null, target: null },
  ...{ filters: ['onMessageAdded', 'onConversationAdded'] },
  ...change,
});
const none = { global: undefined, service: undefined, scoped: [] };

const keysFor = (what: WebhookEvent, hooks: Partial<Parameters<typeof hooksFor>[1]>) =>
  hooksFor(what, { ...none, ...hooks }).map(({ key }) => key);

describe('webhooks', () => {
  it('hear of SDK writes always, and of REST writes on request', () => {
    expect(firesWebhooks({ source: 'SDK', identity: 'a' })).toBe(true);
    expect(firesWebhooks({ source: 'API', webhooksEnabled: true })).toBe(true);
    expect(firesWebhooks({ source: 'API', webhooksEnabled: false })).toBe(false);
  });

  it('are told side by side: account, service and conversation', () => {
    const hooks = {
      global: configuration({}),
      service: configuration({ scope: 'IS1' }),
      scoped: [webhook({}), webhook({ sid: 'WH2' })],
    };
    expect(keysFor(event('onMessageAdded'), hooks)).toEqual(['global', 'IS1', 'WH1', 'WH2']);
  });

  it('hear only what their filters name', () => {
    const hooks = {
      global: configuration({ filters: null }),
      service: configuration({ postWebhookUrl: null }),
      scoped: [webhook({ filters: ['onMessageUpdated'] }), webhook({ filters: [] })],
    };
    expect(keysFor(event('onMessageAdded'), hooks)).toEqual([]);
  });

  it('of a conversation cannot hear of its beginning', () => {
    expect(
      keysFor(event('onConversationAdded'), { scoped: [webhook({ filters: ['onConversationAdded'] })] }),
    ).toEqual([]);
  });

  it('with a flow hear of messages when they name no filters', () => {
    const flow = webhook({ target: 'studio', url: null, flowSid: 'FW1', filters: [] });
    expect(hooksFor(event('onMessageAdded'), { ...none, scoped: [flow] })).toEqual([
      { kind: 'studio', key: 'WH1', flowSid: 'FW1' },
    ]);
    expect(keysFor(event('onParticipantAdded'), { scoped: [flow] })).toEqual([]);
  });

  it('with keywords hear of messages that hold one, in any case', () => {
    const scoped = [webhook({ target: 'trigger', filters: [], triggers: ['human', 'help'] })];
    expect(keysFor(event('onMessageAdded', 'HELP me'), { scoped })).toEqual(['WH1']);
    expect(keysFor(event('onMessageAdded', 'thanks'), { scoped })).toEqual([]);
  });
});
