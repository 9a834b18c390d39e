import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choicesOf, readRichContent } from './read-rich-content.js';
import type { RichContent } from './rich-content.js';

const yes = { kind: 'reply', id: 'yes', title: 'Yes' } as const;

describe('rich content', () => {
  test.each<[string, unknown, RichContent | null]>([
    ['text', { type: 'text', body: 'Hello', rawData: '{}' }, { kind: 'text', body: 'Hello' }],
    ['text of its own kind', { 'twilio/text': { body: 'a\nb' } }, { kind: 'text', body: 'a\nb' }],
    [
      'media',
      {
        type: 'media',
        body: undefined,
        media: ['https://a.example/b.pdf', 'data:,x', 7, 'mailto:a@b.example'],
      },
      { kind: 'media', body: '', media: ['https://a.example/b.pdf'] },
    ],
    [
      'media without any',
      { type: 'media', body: 'Here', media: ['javascript:1'] },
      { kind: 'text', body: 'Here' },
    ],
    [
      'a place',
      { type: 'location', latitude: 48.1, longitude: 11.5, label: 'Munich\u202e' },
      { kind: 'location', latitude: 48.1, longitude: 11.5, label: 'Munich' },
    ],
    [
      'a place on the equator, by a number that JSON does not carry',
      { type: 'location', latitude: -0, longitude: -0 },
      { kind: 'location', latitude: 0, longitude: 0, label: '' },
    ],
    ['a place that is nowhere', { type: 'location', latitude: 91, longitude: 0 }, null],
    ['a place in words', { type: 'location', latitude: '48', longitude: Number.NaN }, null],
    [
      'quick replies as the SDK gives them',
      {
        type: 'quickReply',
        body: 'Well?',
        replies: [{ title: 'Yes', id: 'yes' }, { title: 'No' }, null, { id: 'x' }],
      },
      { kind: 'quick_reply', body: 'Well?', replies: [yes, { kind: 'reply', id: 'No', title: 'No' }] },
    ],
    [
      'quick replies of Twilio’s own kind',
      { 'twilio/quick-reply': { body: 'Well?', actions: [{ title: 'Yes', id: 'yes' }] } },
      { kind: 'quick_reply', body: 'Well?', replies: [yes] },
    ],
    [
      'two replies with one id',
      {
        type: 'quickReply',
        body: '',
        replies: [
          { title: 'Yes', id: 'yes' },
          { title: 'Also', id: 'yes' },
        ],
      },
      { kind: 'quick_reply', body: '', replies: [yes] },
    ],
    ['no replies, and nothing said', { type: 'quickReply', body: '', replies: [] }, null],
    [
      'calls to action as the SDK gives them',
      {
        type: 'callToAction',
        body: 'On its way.',
        actions: [
          { type: 'url', title: 'Track', url: 'https://a.example/1', rawData: '' },
          { type: 'url', title: 'Bad', url: 'javascript:alert(1)', rawData: '' },
          { type: 'phone', title: 'Call', phone: '+1 (500) 555-0001', rawData: '' },
          { type: 'phone', title: 'Bad', phone: '1;phone-context=x', rawData: '' },
          { type: 'reply', title: 'Yes', id: 'yes', index: 0, rawData: '' },
          { type: 'other', title: 'Other', rawData: '' },
        ],
      },
      {
        kind: 'call_to_action',
        body: 'On its way.',
        actions: [
          { kind: 'link', title: 'Track', href: 'https://a.example/1' },
          { kind: 'link', title: 'Call', href: 'tel:+15005550001' },
          yes,
        ],
      },
    ],
    [
      'a list',
      {
        type: 'listPicker',
        body: 'Whom?',
        button: 'Choose',
        items: [{ id: 's', item: 'Sales', description: 'First' }],
      },
      {
        kind: 'list',
        body: 'Whom?',
        button: 'Choose',
        items: [{ id: 's', title: 'Sales', description: 'First' }],
      },
    ],
    [
      'a card of Twilio’s own kind, beside a text for those who show no cards',
      {
        'twilio/text': { body: 'Kettle' },
        'twilio/card': {
          title: 'Kettle',
          media: ['https://a.example/k.jpg'],
          actions: [
            { type: 'QUICK_REPLY', title: 'Yes', id: 'yes' },
            { type: 'PHONE_NUMBER', title: 'Call', phone: '+15005550001' },
            { type: 'URL', title: 'See', url: 'https://a.example/' },
          ],
        },
      },
      {
        kind: 'card',
        title: 'Kettle',
        subtitle: '',
        media: ['https://a.example/k.jpg'],
        actions: [
          yes,
          { kind: 'link', title: 'Call', href: 'tel:+15005550001' },
          { kind: 'link', title: 'See', href: 'https://a.example/' },
        ],
      },
    ],
    ['a kind of the future', { type: 'other', rawData: '{"body":"x"}' }, null],
    ['a name that every object has', { type: 'constructor', body: 'x' }, null],
    ['nothing', null, null],
  ])('%s', (_, value, content) => {
    expect(readRichContent(value)).toEqual(content);
  });

  test('has no more and no longer parts than can be shown', () => {
    const replies = Array.from({ length: 10_000 }, (_, place) => ({
      title: 'x'.repeat(1_000),
      id: `${place}`,
    }));
    const content = readRichContent({ type: 'quickReply', body: 'b'.repeat(100_000), replies });
    if (content?.kind !== 'quick_reply') throw new Error('It is something else.');
    expect([content.body.length, content.replies.length]).toEqual([32_768, 20]);
    expect(Math.max(...content.replies.map(({ title }) => title.length))).toBeLessThanOrEqual(300);
    const tooLong = { type: 'quickReply', body: '', replies: [{ title: 'A', id: 'x'.repeat(257) }] };
    expect(readRichContent(tooLong)).toBeNull();
  });

  // §5.7 (1), for content. Near misses, since arbitrary values seldom come close to content.
  const word = fc.oneof(
    fc.constantFrom('url', 'reply', 'phone', 'QUICK_REPLY', 'javascript:1', ''),
    fc.webUrl(),
    fc.string(),
  );
  const any = fc.oneof(word, fc.anything({ maxDepth: 1, maxKeys: 3 }));
  const action = fc.record(
    { type: word, title: any, id: any, url: word, phone: word, item: any, description: any },
    { requiredKeys: [] },
  );
  const value = fc.oneof(any, fc.array(fc.oneof(action, any), { maxLength: 5 }));
  const parts = fc.record(
    {
      body: value,
      title: value,
      media: fc.oneof(value, fc.array(word)),
      replies: value,
      actions: value,
      items: value,
      button: value,
      latitude: fc.oneof(fc.double(), value),
      longitude: fc.oneof(fc.double(), value),
    },
    { requiredKeys: [] },
  );
  const kinds = [
    'text',
    'media',
    'location',
    'quickReply',
    'callToAction',
    'listPicker',
    'card',
    'other',
    '__proto__',
  ];
  const sdk = fc.tuple(fc.constantFrom(...kinds), parts).map(([type, rest]) => ({ ...rest, type }));
  const raw = fc
    .tuple(
      fc.constantFrom('text', 'media', 'location', 'quick-reply', 'call-to-action', 'list-picker', 'card'),
      parts,
    )
    .map(([type, rest]) => ({ [`twilio/${type}`]: rest }));

  test('is read without a throw from anything, and what is read is fit to be shown', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(sdk, raw, fc.jsonValue(), fc.object(), fc.anything()), (given) => {
        const content = readRichContent(given);
        if (!content) return;
        read += 1;
        expect(JSON.parse(JSON.stringify(content))).toEqual(content);
        const { actions, media } = { actions: [], media: [], ...content };
        for (const action of actions) {
          if (action.kind === 'link') expect(action.href).toMatch(/^(https?:\/\/|mailto:|tel:)/);
        }
        for (const href of media) expect(href).toMatch(/^https?:\/\//);
        const choices = choicesOf(content);
        expect(new Set(choices.map(({ id }) => id)).size).toBe(choices.length);
        for (const { id, title } of choices) expect([id, title]).not.toContain('');
      }),
      { numRuns: 1_000 },
    );
    // Some hundred as a rule; which ones is left to chance.
    expect(read).toBeGreaterThan(20);
  });

  test('is read from what is nested without end, too', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 100_000; level += 1)
      deep = { body: deep, actions: [deep], 'twilio/card': deep };
    expect(readRichContent(deep)).toBeNull();
  });
});
