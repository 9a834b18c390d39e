import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { shopBot } from './bots/shop-bot.js';
import { CONVERSATION_ADDED } from './testing/deliveries.js';
import { type Stack, startStack } from './testing/stack.js';
import { wireWebhooks } from './wire-webhooks.js';

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
