import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import type { Bot } from './bots/bot.js';
import { type Stack, startStack } from './testing/stack.js';

const page = readFileSync(new URL('../../../docs/howto/connect-a-bot.md', import.meta.url), 'utf8');

function code(language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';
}

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.close();
});

test('the bot of the how-to greets, answers and hands over', async () => {
  const { default: bot }: { default: Bot } = await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code('js'))}`
  );
  stack = await startStack(bot);
  const sid = await stack.newConversation();
  await stack.added(sid);
  await stack.said(sid, 'hi');
  await stack.said(sid, 'a person please');
  const { bodiesIn, service } = stack;
  await vi.waitFor(async () => expect(await bodiesIn(sid)).toHaveLength(3), 4000);
  await stack.host.close();
  expect(await bodiesIn(sid)).toEqual([
    'Hello! Say "person" for a colleague.',
    'You said: hi',
    'A colleague will answer here.',
  ]);
  expect(await service.conversations(sid).webhooks.list()).toEqual([]);
});

test('the how-to’s Python signs as Twilio does', (context) => {
  const fields = {
    AccountSid: `AC${'1'.repeat(32)}`,
    EventType: 'onMessageAdded',
    Source: 'SDK',
    ClientIdentity: 'visitor-42',
    RetryCount: '0',
    ChatServiceSid: `IS${'2'.repeat(32)}`,
    ConversationSid: `CH${'3'.repeat(32)}`,
    MessageSid: `IM${'4'.repeat(32)}`,
    MessagingServiceSid: `MG${'6'.repeat(32)}`,
    Index: '0',
    DateCreated: '2026-11-22T10:00:00.123Z',
    Body: 'Hi & bye',
    Author: 'visitor-42',
    ParticipantSid: `MB${'5'.repeat(32)}`,
    Attributes: '{}',
  };
  const use = `import json, sys\nprint(signature(*json.loads(sys.argv[1])))`;
  const given = ['local-auth-token-0001', 'http://127.0.0.1:4000/webhooks/conversations', fields];
  let printed: string;
  try {
    printed = execFileSync('python3', ['-c', `${code('python')}\n${use}`, JSON.stringify(given)], {
      encoding: 'utf8',
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('there is no python3');
    throw error;
  }
  expect(printed.trim()).toBe('ntxWrRvuVg63L0hNmxnKoqUi+LE=');
});
