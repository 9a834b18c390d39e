import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFaq } from './faq-file.js';

const problemsOf = async (text: string) => {
  const reading = await readFaq(text, 'faq.yaml');
  return reading.ok ? [] : reading.problems;
};

const REST = '\nfallback: {say: Sorry}\nrules: [{when: hi, say: Hello}]\n';

describe('a FAQ file', () => {
  test('is read with every list made a list', async () => {
    expect(await readFaq(`welcome: Hi${REST}`, 'faq.yaml')).toEqual({
      ok: true,
      faq: {
        identity: 'faq-bot',
        welcome: ['Hi'],
        fallback: { say: ['Sorry'] },
        rules: [{ when: { any: ['hi'], all: [], none: [] }, say: ['Hello'] }],
      },
    });
  });

  test.each([
    ['', /^faq\.yaml:1: the file is not a table/],
    ['- a', /^faq\.yaml:1: the file is not a table/],
    [`color: red${REST}`, /^faq\.yaml:1: the file has color, which nothing reads/],
    [`identity: u_${'a'.repeat(43)}${REST}`, /^faq\.yaml:1: identity has the shape of a visitor/],
    [`welcome: 12${REST}`, /^faq\.yaml:1: welcome is not a list/],
    [`welcome: Hi\nwelcome: Ho${REST}`, /^faq\.yaml:2: .*[Kk]eys must be unique/],
    [`welcome: !secret Hi${REST}`, /^faq\.yaml:1: .*tag/],
    ['fallback: {say: Sorry}\nrules: []', /^faq\.yaml:2: rules is empty/],
    ['fallback: {say: Sorry}', /^faq\.yaml:1: rules is missing/],
    ['fallback: {say: Sorry}\nrules:\n  - when: hi', /^faq\.yaml:3: rules\[1\] does nothing/],
    [
      'fallback: {say: Sorry}\nrules:\n  - {when: hi, say: a}\n  - {say: x}',
      /^faq\.yaml:4: rules\[2\]\.when /,
    ],
    [
      'fallback: {say: Sorry}\nrules:\n  - {when: 👍, say: a}',
      /^faq\.yaml:3: rules\[1\]\.when.* no letter or digit/,
    ],
    ['fallback: {say: Sorry}\nrules:\n  - {when: {none: [a]}, say: a}', /rules\[1\]\.when needs any or all/],
    [
      'fallback: {say: Sorry}\nrules:\n  - {when: {some: [a]}, say: a}',
      /rules\[1\]\.when has some, which nothing/,
    ],
    ['fallback: {say: Sorry}\nrules:\n  - {when: 2026, say: a}', /rules\[1\]\.when.any is not a list/],
    [
      'fallback: {say: Sorry}\nrules:\n  - {when: [hi, 5], say: a}',
      /rules\[1\]\.when\.any\[2\] is not text; put it in quotes/,
    ],
    ['fallback: {say: Sorry}\nrules:\n  - {when: a, handOver: x, end: true}', /hands over and ends/],
    ['fallback: {say: Sorry, handOverAfter: 0}\nrules: [{when: a, say: b}]', /handOverAfter is less than 1/],
    ['a: &a [x]\nb: *a', /anchors and aliases/],
    [`welcome: "${'x'.repeat(300_000)}"${REST}`, /larger than 256 KB/],
    ['['.repeat(100_000), /faq\.yaml/],
    ['a: b: c', /^faq\.yaml:1: /],
    ['---\na: 1\n---\nb: 2', /^faq\.yaml/],
  ])('%#: what is wrong has its line', async (text, problem) => {
    expect((await problemsOf(text)).join('\n')).toMatch(problem);
  });

  test('a bomb of aliases is refused before it unfolds', async () => {
    const bomb = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ];
    expect((await problemsOf(bomb.join('\n'))).join()).toMatch(/anchors and aliases/);
  });

  test('whatever it holds, there is an answer and not an exception', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.json().map((json) => json),
      fc
        .array(
          fc.constantFrom(
            'rules:',
            'when:',
            ' - ',
            '\n',
            '  ',
            '{',
            '}',
            '[',
            ']',
            '&a',
            '*a',
            'say: x',
            '? ',
            '|',
            '"',
            ': ',
          ),
        )
        .map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const reading = await readFaq(given, 'faq.yaml');
        if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
