import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { shopBot } from './bots/shop-bot.js';
import { CONVERSATION_ADDED } from './testing/deliveries.js';
import { type Stack, startStack } from './testing/stack.js';
import { planWebhooks, wireWebhooks } from './wire-webhooks.js';

let stack: Stack;
afterEach(() => stack.close());

describe('the service’s webhook', () => {
  const serviceWebhooks = () => stack.service.configuration.webhooks().fetch();

  test('is written once and then left as it is', async () => {
    stack = await startStack(shopBot);
    const postWebhookUrl = stack.host.config.publicBaseUrl + CONVERSATION_ADDED;
    expect(await wireWebhooks(stack.host.config)).toEqual({
      changed: true,
      postWebhookUrl,
      filters: ['onConversationAdded'],
    });
    expect(await serviceWebhooks()).toMatchObject({
      postWebhookUrl,
      method: 'POST',
      filters: ['onConversationAdded'],
    });
    expect(await wireWebhooks(stack.host.config)).toMatchObject({ changed: false });
  });

  test('keeps the other events that it reports', async () => {
    stack = await startStack(shopBot);
    await stack.service.configuration.webhooks().update({ filters: ['onParticipantAdded'] });
    await wireWebhooks(stack.host.config);
    expect((await serviceWebhooks()).filters).toEqual(['onParticipantAdded', 'onConversationAdded']);
  });

  test('is planned without being written, with what stood there before', async () => {
    stack = await startStack(shopBot);
    const webhooks = stack.service.configuration.webhooks();
    const postWebhookUrl = 'http://127.0.0.1:9/of-somebody-else';
    await webhooks.update({ postWebhookUrl, filters: ['onConversationAdded'], method: 'GET' });
    const plan = await planWebhooks(stack.host.config);
    const wanted = stack.host.config.publicBaseUrl + CONVERSATION_ADDED;
    expect(plan).toMatchObject({
      changes: [
        { field: 'postWebhookUrl', from: postWebhookUrl, to: wanted },
        { field: 'method', from: 'GET', to: 'POST' },
      ],
      replaces: postWebhookUrl,
    });
    expect(await webhooks.fetch()).toMatchObject({ postWebhookUrl, method: 'GET' });
    await wireWebhooks(stack.host.config);
    expect(await planWebhooks(stack.host.config)).toMatchObject({ changes: [], replaces: undefined });
  });

  test('that cannot be written is refused by a sentence that holds no credentials', async () => {
    stack = await startStack(shopBot);
    await stack.emulator.close();
    const failure = await wireWebhooks(stack.host.config).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'twilio_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const { apiKeySid, apiKeySecret } = stack.host.config;
    // As Node prints an error that nobody catches, and deeper.
    const printed = inspect(failure, { depth: 10, showHidden: true });
    for (const secret of [apiKeySecret, Buffer.from(`${apiKeySid}:${apiKeySecret}`).toString('base64')]) {
      expect(printed).not.toContain(secret);
    }
  });
});
