import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeLlm, fails, says, startFakeLlm } from '../testing/fake-llm.js';
import { createNotebook } from '../testing/notebook.js';
import { chooseBot } from './choose-bot.js';

let cwd: string;
let llm: FakeLlm;
beforeAll(async () => {
  llm = await startFakeLlm();
  cwd = await mkdtemp(join(tmpdir(), 'bots-'));
  const write = (name: string, text: string | Uint8Array) => writeFile(join(cwd, name), text);
  await write('faq.yaml', 'fallback: {say: Sorry}\nrules: [{when: hi, say: Hello}]');
  await write('wrong.yaml', 'fallback: {say: Sorry}\nrules: []\nwelcome: 5');
  await write('prompt.txt', 'You are the assistant of a coffee shop.');
  await write('facts.txt', 'The shop opens at eight.');
  await write('book.txt', 'A fact. '.repeat(25_000));
  await write('empty.txt', ' \n');
  await write('binary.txt', Uint8Array.of(0xff, 0xfe, 0x00));
  await write('large.txt', 'x'.repeat(300_000));
});
afterAll(async () => {
  await llm.close();
  await rm(cwd, { recursive: true });
});

const choose = (env: Record<string, string>) => chooseBot({ env, cwd });
const rightLlm = () => ({
  BOT: 'llm',
  LLM_BASE_URL: `${llm.baseUrl}/`,
  LLM_API_KEY: 'llm-key-of-the-test',
  LLM_MODEL: 'small',
  LLM_PROMPT_FILE: 'prompt.txt',
});

async function problemsOf(env: Record<string, string>) {
  const reading = await choose(env);
  return reading.ok ? [] : reading.wrong.map(({ variable, problem }) => `${variable} ${problem}`);
}

describe('BOT=faq', () => {
  test('answers by the file', async () => {
    const reading = await choose({ BOT: 'faq', FAQ_FILE: './faq.yaml' });
    if (!reading.ok || !reading.bot) throw new Error('no bot');
    const chat = createNotebook(reading.bot);
    await chat.ask('hi');
    expect(chat.said()).toEqual(['Hello']);
  });

  test.each([
    [{}, ['FAQ_FILE is missing']],
    [{ FAQ_FILE: 'nowhere.yaml' }, ['FAQ_FILE names a file that cannot be read']],
    [{ FAQ_FILE: '.' }, ['FAQ_FILE names something that is not a file']],
    [{ FAQ_FILE: 'large.txt' }, ['FAQ_FILE names a file larger than 256 KB']],
    [
      { FAQ_FILE: 'wrong.yaml' },
      [
        'FAQ_FILE has a mistake: wrong.yaml:3: welcome is not a list, or text in quotes.',
        'FAQ_FILE has a mistake: wrong.yaml:2: rules is empty.',
      ],
    ],
  ])('%j is told what is wrong', async (env, problems) => {
    expect(await problemsOf({ BOT: 'faq', ...env })).toEqual(problems);
  });
});

describe('BOT=llm', () => {
  test('answers by the model, with the files and the limits it was given', async () => {
    llm.answer(says('Ask me at help.shop.example or evil.example.'));
    const reading = await choose({
      ...rightLlm(),
      LLM_FACTS_FILE: 'facts.txt',
      LLM_ALLOWED_LINKS: '*.shop.example',
      LLM_TURNS_PER_CONVERSATION: '1',
      LLM_HAND_OVER_SAY: 'One moment.',
      LLM_HAND_OVER_TOOL: 'off',
      LLM_WELCOME: 'Hi.',
    });
    if (!reading.ok || !reading.bot) throw new Error('no bot');
    expect(reading.limitMs).toBe(20_000);
    const chat = createNotebook(reading.bot);
    expect(reading.bot.onConversationAdded?.(chat.context())).toBe('Hi.');
    await chat.ask('hi');
    await chat.ask('again');
    expect(chat.said()).toEqual(['Ask me at help.shop.example or «link removed»', 'One moment.']);
    expect(llm.requests[0]?.body.tools).toBeUndefined();
    expect(llm.requests[0]?.body.messages[0]?.content).toMatch(/coffee shop.+opens at eight/s);
  });

  test('tells the log that a model failed, and not what was said', async () => {
    llm.answer(fails(401));
    const lines: string[] = [];
    const write = (fields: object, message: string) =>
      void lines.push(JSON.stringify({ ...fields, message }));
    const reading = await chooseBot({
      env: rightLlm(),
      cwd,
      log: { info: write, warn: write, error: write },
    });
    if (!reading.ok || !reading.bot) throw new Error('no bot');
    await createNotebook(reading.bot).ask('a-secret-word');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"status":401');
    expect(lines[0]).not.toContain('a-secret-word');
  });

  test('is told everything that is missing at once', async () => {
    expect(await problemsOf({ BOT: 'llm' })).toEqual([
      'LLM_BASE_URL is missing',
      'LLM_API_KEY is missing',
      'LLM_MODEL is missing',
      'LLM_PROMPT_FILE is missing',
    ]);
  });

  test.each([
    [{ LLM_BASE_URL: 'llm.example' }, /^LLM_BASE_URL is not a URL/],
    [{ LLM_PROMPT_FILE: 'empty.txt' }, /^LLM_PROMPT_FILE names an empty file$/],
    [{ LLM_FACTS_FILE: 'binary.txt' }, /^LLM_FACTS_FILE names a file that is not UTF-8 text$/],
    [{ LLM_ALLOWED_LINKS: 'https://shop.example' }, /^LLM_ALLOWED_LINKS has an entry that is not a host/],
    [{ LLM_ALLOWED_LINKS: '*' }, /^LLM_ALLOWED_LINKS has an entry that is not a host/],
    [{ LLM_TOKENS_PER_HOUR: 'many' }, /^LLM_TOKENS_PER_HOUR is not a whole number/],
    [{ LLM_TURNS_PER_CONVERSATION: '51' }, /^LLM_TURNS_PER_CONVERSATION is not between 1 and 50/],
    [{ LLM_BASE_URL: 'HTTP://10.0.0.1/v1' }, /^LLM_BASE_URL is http:\/\/ to another machine/],
    [{ LLM_BASE_URL: 'http://llm.example/v1' }, /^LLM_BASE_URL is http:\/\/ to another machine/],
    [
      { LLM_FACTS_FILE: 'book.txt', LLM_TOKENS_PER_CONVERSATION: '1000' },
      /^LLM_TOKENS_PER_CONVERSATION is less than one answer needs/,
    ],
    [
      { LLM_FACTS_FILE: 'book.txt', LLM_TOKENS_PER_HOUR: '60000', LLM_TOKENS_PER_CONVERSATION: '90000' },
      /^LLM_TOKENS_PER_HOUR is less than one answer needs/,
    ],
    [{ LLM_HAND_OVER_TOOL: 'yes' }, /^LLM_HAND_OVER_TOOL is neither on nor off/],
    [{ LLM_SECONDS_PER_ANSWER: '60' }, /^LLM_SECONDS_PER_ANSWER is not between 1 and 25/],
  ])('%j is refused', async (env, problem) => {
    expect(await problemsOf({ ...rightLlm(), ...env })).toEqual([expect.stringMatching(problem)]);
  });
});
