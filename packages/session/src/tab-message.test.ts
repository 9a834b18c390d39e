import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTabMessage, type TabNews, tabMessage } from './tab-message.js';

const ME = 'me';
const sid = fc
  .tuple(
    fc.constant('CH'),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 }),
  )
  .map((parts) => parts.join(''));
const news: fc.Arbitrary<TabNews> = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), conversationSid: sid, to: fc.maxSafeNat() }),
  fc.record({
    kind: fc.constant('draft' as const),
    conversationSid: fc.option(sid),
    text: fc.string(),
    before: fc.string(),
  }),
  fc.record({ kind: fc.constant('ended' as const), conversationSid: sid }),
  fc.record({ kind: fc.constant('moved' as const), conversationSid: sid, ended: sid }),
  fc.constant({ kind: 'forget' as const }),
);

describe('what tabs tell each other', () => {
  test('is read as it was told, by the same visitor alone', () => {
    fc.assert(
      fc.property(news, (said) => {
        const message = JSON.parse(JSON.stringify(tabMessage(ME, said)));
        expect(readTabMessage(message, ME)).toEqual(said);
        const ofAnother = said.kind === 'forget' ? said : null;
        expect(readTabMessage(message, 'somebody else')).toEqual(ofAnother);
      }),
    );
  });

  test('is nothing for anything else, whatever it is', () => {
    const hostile = fc.oneof(fc.anything(), fc.jsonValue(), fc.object());
    fc.assert(
      fc.property(hostile, (value) => {
        expect(readTabMessage(value, ME)).toBeNull();
      }),
    );
  });

  test('is nothing where one field is not what it has to be', () => {
    const broken = news.chain((said) =>
      fc
        .constantFrom(...Object.keys(said))
        .chain((key) =>
          fc
            .constantFrom(-1, 0.5, Number.NaN, true, undefined, [], {}, 'CH1')
            .map((wrong) => ({ ...said, [key]: wrong })),
        ),
    );
    fc.assert(
      fc.property(broken, (said) => {
        // Texts are any texts, and of a draft every other field is checked.
        fc.pre(!(said.kind === 'draft' && (said.text === 'CH1' || said.before === 'CH1')));
        expect(readTabMessage({ ...said, identity: ME }, ME)).toBeNull();
      }),
    );
  });

  test('does not hold a text that could not be sent', () => {
    const draft = { kind: 'draft', conversationSid: null, before: '' } as const;
    expect(tabMessage(ME, { ...draft, text: 'a'.repeat(65_536) })).not.toBeNull();
    expect(tabMessage(ME, { ...draft, text: 'a'.repeat(65_537) })).toBeNull();
  });
});
