import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor, type VisitorBrowser } from './support/browser.js';
import { Chat } from './support/chat.js';
import { servePages } from './support/page-server.js';
import { type Stack, startStack } from './support/stack.js';

let browser: Browser;
let provider: Server;
let site: Awaited<ReturnType<typeof servePages>>;
let stack: Stack;
let visitor: VisitorBrowser;
/** What the provider was asked about; like the real ones it takes an answer once. */
let asked: { secret: string | null; response: string | null }[];

const pageWith = (script: string): { html: string } => ({
  html: `<!doctype html><title>A shop</title>
<script>
  window.ConversationsWebChat ||= function () { (ConversationsWebChat.q ||= []).push(arguments) };
  window.heard = [];
  ConversationsWebChat('on', 'error', ({ code }) => heard.push(code));
  ConversationsWebChat('on', 'ready', () => { ${script} });
</script>
<script async src="${stack.url}/chat-widget.js"></script>`,
});

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  asked = [];
  provider = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const form = new URLSearchParams(text);
    const answer = form.get('response');
    const success = answer === 'a person' && !asked.some((before) => before.response === answer);
    asked.push({ secret: form.get('secret'), response: answer });
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ success }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const pages: Record<string, { html: string }> = {};
  site = await servePages(() => pages);
  stack = await startStack({
    allowedOrigins: [site.origin],
    environment: {
      HUMAN_CHECK: 'turnstile',
      HUMAN_CHECK_SECRET: 'the secret key',
      HUMAN_CHECK_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/siteverify`,
    },
  });
  pages['/'] = pageWith("ConversationsWebChat.humanCheck = async () => 'a person'");
  pages['/none'] = pageWith('');
  pages['/broken'] = pageWith("ConversationsWebChat.humanCheck = () => { throw new Error('not loaded') }");
  pages['/wrong'] = pageWith("ConversationsWebChat.humanCheck = async () => 'a program'");
  visitor = await newVisitor(browser);
});
afterEach(async () => {
  const { requests } = visitor;
  await visitor.close();
  await stack.close();
  await site.close();
  await new Promise((resolve) => provider.close(resolve));
  expect(leavingLoopback(requests)).toEqual([]);
});

describe('where new visitors have to show that they are people', () => {
  it('a page answers for its visitor, who chats, and is not asked again', async () => {
    const page = await visitor.newPage(`${site.origin}/`);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('hello');
    await chat.message('hello').first().waitFor();
    await page.reload();
    await chat.openAndConnect();
    expect(asked).toEqual([{ secret: 'the secret key', response: 'a person' }]);
  });

  it.each([
    ['none', 0],
    ['broken', 0],
    ['wrong', 1],
  ])('the chat says why it does not start with a page whose answer is %s', async (name, calls) => {
    const page = await visitor.newPage(`${site.origin}/${name}`);
    const thrown: Error[] = [];
    page.on('pageerror', (error) => thrown.push(error));
    const chat = new Chat(page);
    await chat.open();
    await chat.notice(/could not find out that you are a person/i).waitFor();
    expect(await page.evaluate('heard')).toEqual(['human_check_required']);
    expect(thrown).toEqual([]);
    expect(asked).toHaveLength(calls);
  });
});
