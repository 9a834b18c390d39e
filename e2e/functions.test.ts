import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import type { Browser } from 'playwright-core';
import twilio from 'twilio';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor, type VisitorBrowser } from './support/browser.js';
import { Chat } from './support/chat.js';
import { servePages } from './support/page-server.js';
import { startTwilioRun, type TwilioRun } from './support/twilio-run.js';
import { newIdentity, requestToken } from './support/visitor-identity.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const FLOW_SID = `FW${'7'.repeat(32)}`;

let browser: Browser;
let emulator: Emulator;
let site: Awaited<ReturnType<typeof servePages>>;
let visitor: VisitorBrowser;
let functions: TwilioRun | undefined;
/** The script tag of the page, known once the Functions run. */
let tag = '';

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  emulator = await createEmulator();
  site = await servePages(() => ({
    '/': {
      get html() {
        return `<!doctype html><html lang="en"><head><title>Shop</title></head><body><h1>Shop</h1>${tag}</body></html>`;
      },
    },
  }));
  visitor = await newVisitor(browser);
});
afterEach(async () => {
  const { requests } = visitor;
  await visitor.close();
  await functions?.stop();
  functions = undefined;
  await site.close();
  await emulator.close();
  expect(leavingLoopback(requests)).toEqual([]);
});

function service() {
  const { accountSid, authToken, serviceSid } = emulator.credentials;
  const client = twilio(accountSid, authToken);
  client.conversations.baseUrl = emulator.restUrl;
  return client.conversations.v1.services(serviceSid);
}

/** What the console of the platform and its `.env` hold, for either project. */
function credentials(): Record<string, string> {
  const { accountSid, authToken, apiKeySid, apiKeySecret } = emulator.credentials;
  return {
    ACCOUNT_SID: accountSid,
    AUTH_TOKEN: authToken,
    TWILIO_API_KEY_SID: apiKeySid,
    TWILIO_API_KEY_SECRET: apiKeySecret,
  };
}

async function reportNewConversationsTo(url: string): Promise<void> {
  const postWebhookUrl = `${url}/conversation-added`;
  await service()
    .configuration.webhooks()
    .update({ postWebhookUrl, filters: ['onConversationAdded'], method: 'POST' });
}

describe('the Functions project under twilio-run', () => {
  const project = here('../packages/backend/functions/project');

  beforeAll(() => {
    if (existsSync(`${project}/dist/functions`)) return;
    throw new Error('The Functions are not built. Build them: npm run build:functions');
  });

  beforeEach(async () => {
    functions = await startTwilioRun(project, {
      ...credentials(),
      CONVERSATIONS_SERVICE_SID: emulator.credentials.serviceSid,
      ALLOWED_ORIGINS: site.origin,
      TWILIO_API_BASE_URL: emulator.restUrl,
      REALTIME_URL: emulator.wsUrl,
    });
    tag = `<script async src="${functions.url}/chat-widget.js"></script>`;
  });

  it('gives a token for a proof alone, and to the pages it knows', async () => {
    const url = functions?.url ?? '';
    const { identity, proof } = newIdentity();
    const origin = { origin: site.origin };
    const granted = await requestToken(url, identity, { proof }, origin);
    expect([granted.status, granted.body.identity]).toEqual([200, identity]);
    const stranger = await requestToken(url, identity, { proof }, { origin: 'https://elsewhere.example' });
    expect([stranger.status, stranger.body.error?.code]).toEqual([403, 'origin_not_allowed']);
    const other = await requestToken(url, newIdentity().identity, { proof }, origin);
    expect([other.status, other.body.error?.code]).toEqual([403, 'proof_invalid']);
    // The whole log: every call of a Function prints there.
    expect(functions?.said()).toContain('token granted');
    expect(functions?.said()).not.toContain(proof);
    expect(functions?.said()).not.toContain(granted.body.token);
    expect(functions?.said()).not.toContain(emulator.credentials.apiKeySecret);
    expect(functions?.said()).not.toContain(emulator.credentials.authToken);
  });

  it('refuses a webhook call that nobody signed, and is not stopped by the question before a call', async () => {
    const { sid } = await service().conversations.create({});
    const unsigned = await fetch(`${functions?.url}/conversation-added`, {
      method: 'POST',
      body: new URLSearchParams({ EventType: 'onConversationAdded', ConversationSid: sid }),
    });
    expect(unsigned.status).toBe(403);
    expect(await unsigned.json()).toMatchObject({ error: { code: 'signature_invalid' } });
    expect(await service().conversations(sid).webhooks.list()).toEqual([]);

    const preflight = await fetch(`${functions?.url}/chat-widget`, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  });

  it('serves the widget, and its bot greets and answers whoever opens the chat', async () => {
    await reportNewConversationsTo(functions?.url ?? '');
    const page = await visitor.newPage(site.origin);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat
      .message(/welcome/i)
      .first()
      .waitFor();
    await chat.send('Where is my order NW-1042?');
    await chat
      .message(/on its way/i)
      .first()
      .waitFor();

    await page.reload();
    await chat.openAndConnect();
    await chat
      .message(/on its way/i)
      .first()
      .waitFor();
    expect(await chat.message('Where is my order NW-1042?').count()).toBe(1);
  });
});

describe('two Functions to the contract of the original', () => {
  beforeEach(async () => {
    functions = await startTwilioRun(here('functions-of-the-original'), {
      ...credentials(),
      SERVICE_SID: emulator.credentials.serviceSid,
      FLOW_SID,
      EMULATOR_URL: emulator.restUrl,
      NODE_OPTIONS: `--require ${here('functions-of-the-original/twilio-is-the-emulator.cjs')}`,
    });
  });

  it('answer a GET with the bare token, for every page', async () => {
    const { identity } = newIdentity();
    const response = await fetch(`${functions?.url}/chat-widget?identity=${identity}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.text()).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it.each(['POST', 'GET'])('serve the widget by %s, which finds its conversation again', async (method) => {
    tag = `<script async src="${site.origin}/chat-widget.js"
      data-token-service-url="${functions?.url}/chat-widget" data-realtime-url="${emulator.wsUrl}"></script>`;
    await visitor.context.route(`${site.origin}/*.js`, (route) => {
      const file = new URL(route.request().url()).pathname;
      return route.fulfill({ path: here(`../packages/widget/dist${file}`), contentType: 'text/javascript' });
    });
    const methods: string[] = [];
    await visitor.context.route('**/chat-widget?identity=*', (route) => {
      methods.push(route.request().method());
      // A service of the original's kind that is more than a Function may know GET alone.
      if (method === 'GET' && route.request().method() === 'POST') {
        return route.fulfill({ status: 405, headers: { 'access-control-allow-origin': '*' }, body: '' });
      }
      return route.continue();
    });
    await reportNewConversationsTo(functions?.url ?? '');

    const page = await visitor.newPage(site.origin);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('remember me');
    await chat.message('remember me').waitFor();
    const { conversation_sid = '' } = (await chat.stored()) ?? {};
    // The flow was put on the conversation by the other Function.
    await expect
      .poll(
        async () => {
          const attached = await service().conversations(conversation_sid).webhooks.list();
          return attached.map(({ target, configuration }) => [target, configuration.flow_sid]);
        },
        { timeout: 10_000 },
      )
      .toEqual([['studio', FLOW_SID]]);

    await page.reload();
    await chat.openAndConnect();
    await chat.message('remember me').waitFor();
    expect((await chat.stored())?.conversation_sid).toBe(conversation_sid);
    expect(methods).toContain(method);
  });
});
