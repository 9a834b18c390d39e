import { afterEach, expect, test } from 'vitest';
import type { Config } from '../config.js';
import { testConfig } from '../testing/config.js';
import { parrot } from '../testing/parrot.js';
import { startRedis } from '../testing/redis-server.js';
import { type Stack, startStack } from '../testing/stack.js';
import { claimsAt, hs256, ISSUER, KID, SECRET } from '../testing/user-tokens.js';
import { newVisitor } from '../testing/visitor.js';
import { createNodeHost, type NodeHostOptions } from './node.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function stackWithMetrics(
  options: Partial<NodeHostOptions> = {},
  changes: Partial<Config> = {},
): Promise<Stack & { figures: () => Promise<string> }> {
  const stack = await startStack(
    parrot({ onConversationAdded: () => 'Hi' }),
    { metrics: { port: 0 }, ...options },
    changes,
  );
  stops.push(() => stack.close());
  return { ...stack, figures: async () => await (await fetch(stack.host.metricsUrl ?? '')).text() };
}

test('the figures count requests by route and status, and outcomes by our own words', async () => {
  const { host, figures, said, newConversation } = await stackWithMetrics();
  const { identity, proof } = await newVisitor();
  const ask = (query: string) =>
    fetch(`${host.url}/chat-widget?${query}`, {
      method: 'POST',
      headers: { origin: 'https://shop.example' },
      body: new URLSearchParams({ proof }),
    });
  expect((await ask(`identity=${identity}`)).status).toBe(200);
  expect((await ask('identity=somebody-else')).status).toBe(403);
  await fetch(`${host.url}/etc/passwd?identity=${identity}`);
  await fetch(`${host.url}/webhooks/message-added`, { method: 'POST' });
  expect((await said(await newConversation(), 'hello')).status).toBe(204);

  const text = await figures();
  for (const line of [
    'conversations_web_chat_http_requests_total{route="/chat-widget",status="200"} 1',
    'conversations_web_chat_http_requests_total{route="/chat-widget",status="403"} 1',
    'conversations_web_chat_http_requests_total{route="none",status="404"} 1',
    'conversations_web_chat_http_requests_total{route="/webhooks/message-added",status="204"} 1',
    'conversations_web_chat_http_request_duration_seconds_count{route="/chat-widget"} 2',
    'conversations_web_chat_events_total{event="token",outcome="granted"} 1',
    'conversations_web_chat_events_total{event="token",outcome="identity_reserved"} 1',
    'conversations_web_chat_events_total{event="webhook",outcome="signature_invalid"} 1',
  ]) {
    expect(text).toContain(line);
  }
  for (const stranger of [identity, 'somebody-else', 'passwd', 'hello']) expect(text).not.toContain(stranger);
});

test('the figures count deliveries that were accepted, answers of the bot, and user tokens that would be refused', async () => {
  const counted: string[] = [];
  const { host, figures, added, said, newConversation } = await stackWithMetrics(
    { onCount: (name) => void counted.push(name) },
    { userTokens: { issuer: ISSUER, algorithm: 'HS256', secrets: { [KID]: SECRET }, enforce: 'observe' } },
  );
  const sid = await newConversation();
  expect((await added(sid)).status).toBe(200);
  // The same delivery again is accepted, and there is one welcome and one answer.
  const message = { MessageSid: `IM${'7'.repeat(32)}` };
  for (let each = 0; each < 2; each += 1) expect((await said(sid, 'hello', message)).status).toBe(204);
  const { identity, proof } = await newVisitor();
  const now = Math.floor(Date.now() / 1000);
  for (const user_token of ['not-one', hs256(claimsAt(now))]) {
    const answer = await fetch(`${host.url}/chat-widget?identity=${identity}`, {
      method: 'POST',
      headers: { origin: 'https://shop.example' },
      body: new URLSearchParams({ proof, user_token }),
    });
    expect(answer.status).toBe(200);
  }

  for (const line of [
    'conversations_web_chat_webhooks_accepted_total{webhook="conversation-added"} 1',
    'conversations_web_chat_webhooks_accepted_total{webhook="message-added"} 2',
    'conversations_web_chat_events_total{event="welcome",outcome="answered"} 1',
    'conversations_web_chat_events_total{event="bot_answer",outcome="answered"} 1',
    'conversations_web_chat_user_token_total{outcome="user_token_invalid",enforce="observe"} 1',
    'conversations_web_chat_user_token_total{outcome="accepted",enforce="observe"} 1',
  ]) {
    await expect.poll(figures).toContain(line);
  }
  expect(counted).toContain('user_token');
});

test('the figures have a port of their own, and nothing else is there', async () => {
  const { host, figures } = await stackWithMetrics();
  expect(await figures()).toContain('process_cpu_seconds_total');
  expect((await fetch(`${host.url}/metrics`)).status).toBe(404);
  const { origin } = new URL(host.metricsUrl ?? '');
  expect((await fetch(`${origin}/chat-widget`)).status).toBe(404);
  await host.close();
  await expect(figures()).rejects.toThrow('fetch failed');
});

test('a busy port for the figures is refused by name, and nothing stays behind', async () => {
  const { host } = await stackWithMetrics();
  const port = Number(new URL(host.metricsUrl ?? '').port);
  const config = testConfig();
  await expect(createNodeHost({ config, log: false, metrics: { port } })).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringContaining('METRICS_PORT'),
  });
});

test('readiness and figures tell of Redis, whose absence does not make a server unready', async () => {
  const redis = await startRedis();
  stops.push(() => redis.kill());
  const config = testConfig({ redisUrl: redis.url });
  const host = await createNodeHost({ config, log: false, metrics: { port: 0 } });
  stops.push(() => host.close());
  const ready = async () => {
    const response = await fetch(`${host.url}/readyz`);
    return { status: response.status, body: await response.json() };
  };
  expect(await ready()).toEqual({ status: 200, body: { status: 'ready', redis: 'up' } });
  await redis.kill();
  await expect
    .poll(ready, { timeout: 5_000 })
    .toEqual({ status: 200, body: { status: 'ready', redis: 'away' } });
  expect(await (await fetch(host.metricsUrl ?? '')).text()).toContain('conversations_web_chat_redis_up 0');
});
