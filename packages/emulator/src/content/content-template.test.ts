import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { type ContentTemplate, readTemplates, renderContent } from './content-template.js';
import { seedTemplates } from './seed-templates.js';

const template = (types: ContentTemplate['types'], variables = {}): ContentTemplate => ({
  ...{ sid: `HX${'a'.repeat(32)}`, friendly_name: 'mine', variables, types },
});
const render = (one: ContentTemplate, variables?: string) =>
  renderContent(one, variables, 'ContentVariables');

describe('a content template', () => {
  it('is filled in however deep its texts lie', () => {
    const deep = template({ 'twilio/card': { title: '{{1}}!', actions: [{ url: 'https://x/{{ 1 }}' }] } });
    expect(render(deep, '{"1":"Tea"}')).toEqual({
      body: 'Tea!',
      contentType: 'application/x-vnd.com.twilio.rich.twilio.card',
      file: JSON.stringify({ data: { title: 'Tea!', actions: [{ url: 'https://x/Tea' }] } }),
    });
  });

  it('takes its own variables for those that a message leaves out, and keeps what nobody names', () => {
    const two = template(
      { 'twilio/text': { body: '{{a}} {{b}} {{c}} {{constructor}}' } },
      { a: 'A', b: 'B' },
    );
    expect(render(two, '{"b":"{{a}} $& x"}').body).toBe('A {{a}} $& x {{c}} {{constructor}}');
    expect(render(two).body).toBe('A B {{c}} {{constructor}}');
  });

  it('renders any variables, or refuses them by name', () => {
    const variables = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(fc.string(), fc.string()).map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...seedTemplates), variables, (one, given) => {
        try {
          const { file, body } = render(one, given);
          expect(JSON.parse(file)).toHaveProperty('data');
          expect(body).not.toBe('');
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expect(error.message).toContain('ContentVariables');
        }
      }),
    );
  });

  it('is filled in at once, however many blanks it opens and never closes', () => {
    const body = `{{${' '.repeat(100_000)}`;
    expect(render(template({ 'twilio/text': { body } })).body).toBe(body);
  });

  it('is read from a file, or refused with its place', () => {
    expect(readTemplates(JSON.stringify(seedTemplates))).toEqual(seedTemplates);
    const right = seedTemplates[0]!;
    const wrong: [unknown, string][] = [
      ['{', 'a JSON list'],
      [[1], 'template 1: it is not an object'],
      [[right, { ...right, sid: 'HX1' }], 'template 2: sid is HX'],
      [[right, right], 'template 2: there are two'],
      [[{ ...right, friendly_name: 1 }], 'friendly_name is not a string'],
      [[{ ...right, variables: { a: 1 } }], 'variables is not an object of strings'],
      [[{ ...right, types: {} }], 'types is not an object'],
      [[{ ...right, types: { 'twilio/text\n': {} } }], '"twilio/text\\n" is no type'],
      [[{ ...right, types: { text: {} } }], '"text" is no type'],
    ];
    for (const [given, sentence] of wrong) {
      const text = typeof given === 'string' ? given : JSON.stringify(given);
      expect(() => readTemplates(text)).toThrow(sentence);
    }
  });
});
