import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNotebook } from '../testing/notebook.js';
import { createFaqBot } from './faq-bot.js';
import { readFaq } from './faq-file.js';

const EXAMPLE = readFileSync(new URL('../../../../examples/faq/faq.yaml', import.meta.url), 'utf8');

async function faqBot(text: string) {
  const reading = await readFaq(text, 'faq.yaml');
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return createFaqBot(reading.faq);
}

/** A bot of one rule, which says `yes`. */
const oneRule = (when: string) => faqBot(`{fallback: {say: "no"}, rules: [{when: ${when}, say: "yes"}]}`);

describe('the example', () => {
  test.each([
    ['Hello!', /What can I do/],
    ['WHEN ARE YOU OPEN', /Monday to Friday/],
    ['any news on the opening hours?', /Monday to Friday/],
    ['do you have a job in the opening hours', /did not understand/],
    ['where is my order', /confirmation e-mail/],
    ['I order tea', /did not understand/],
    ['refunds, please', /within 30 days/],
    ['the cafe', /What can I do/],
    ['THE CAFÉ', /What can I do/],
    ['hidden', /did not understand/],
    ['', /cannot look at files/],
  ])('%j is answered', async (body, answer) => {
    const notebook = createNotebook(await faqBot(EXAMPLE));
    await notebook.ask(body);
    expect(notebook.said().join('\n')).toMatch(answer);
    expect(notebook.acts()).toEqual([]);
  });

  test('a rule says all of its sentences, hands over after them, and ends after them', async () => {
    const notebook = createNotebook(await faqBot(EXAMPLE));
    await notebook.ask('can I get my money back');
    expect(notebook.said()).toHaveLength(2);
    await notebook.ask('I want to talk to a person');
    expect(notebook.order().slice(2)).toEqual([
      'Of course. I am asking a colleague to take over. Please stay here.',
      'handOver: The visitor asked for a person.',
    ]);
    const other = createNotebook(await faqBot(EXAMPLE));
    await other.ask('goodbye');
    expect(other.order()).toEqual(['Goodbye, and enjoy your cup!', 'end']);
  });

  test('misses in a row hand over; one that was understood between them starts the count again', async () => {
    const notebook = createNotebook(await faqBot(EXAMPLE));
    await notebook.ask('xyzzy');
    await notebook.ask('hello');
    await notebook.ask('xyzzy');
    expect(notebook.acts()).toEqual([]);
    await notebook.ask('plugh');
    expect(notebook.order().slice(-2)).toEqual([
      expect.stringMatching(/asking a colleague/),
      'handOver: The bot did not understand.',
    ]);
  });

  test('it greets', async () => {
    const greeting = (await faqBot(EXAMPLE)).onConversationAdded;
    expect(greeting?.(createNotebook(await faqBot(EXAMPLE)).context())).toEqual([
      expect.stringMatching(/^Hello!/),
    ]);
  });
});

describe('words', () => {
  test.each([
    ['[open]', 'OPEN?', true],
    ['[open]', 'reopened', false],
    ['[open*]', 'opening', true],
    ['[open*]', 'reopen', false],
    ['[opening hours]', 'Opening   —  hours', true],
    ['[opening hours]', 'opening the hours', false],
    ['[Straße]', 'STRASSE', true],
    ['[Ωδος]', 'ΩΔΟΣ', true],
    ['[kahvaltı]', 'KAHVALTI', true],
    ['[営業時間]', 'お店の営業時間は?', true],
    ["[don't]", 'I don’t', true],
    ['[refund]', 're\u00adfu\u200bnd', true],
    ['{any: [a, b], none: [c]}', 'b', true],
    ['{any: [a, b], none: [c]}', 'b c', false],
    ['{all: [a, b]}', 'b a', true],
    ['{all: [a, b]}', 'a', false],
    ['{any: [x], all: [a]}', 'a', false],
  ])('when %s, %j: %s', async (when, body, matches) => {
    const notebook = createNotebook(await oneRule(when));
    await notebook.ask(body);
    expect(notebook.said()).toEqual([matches ? 'yes' : 'no']);
  });
});

test('a letter that stands for many makes a message no longer to look at, in the largest file there may be', async () => {
  const phrases = (row: number) => Array.from({ length: 200 }, (_, place) => `b${row % 10}${place % 10}`);
  const rules = Array.from({ length: 200 }, (_, row) => `  - {when: [${phrases(row)}], say: x}`);
  const notebook = createNotebook(await faqBot(`fallback: {say: "no"}\nrules:\n${rules.join('\n')}`));
  await notebook.ask('\u{fdfa}'.repeat(4000));
  expect(notebook.said()).toEqual(['no']);
});

test('any text gets an answer, in time that does not depend on what it holds', async () => {
  const bot = await faqBot(EXAMPLE);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 2000 }), async (body) => {
      const notebook = createNotebook(bot);
      await notebook.ask(body);
      expect(notebook.said().length).toBeGreaterThan(0);
    }),
  );
  for (const piece of ['a', 'open', ' ', 'ß', 'あ', '\u0301', '*', 'where order ']) {
    const notebook = createNotebook(bot);
    await notebook.ask(piece.repeat(32_768 / piece.length));
    expect(notebook.said()).not.toEqual([]);
  }
});
