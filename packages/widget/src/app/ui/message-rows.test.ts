import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageRows } from './message-rows.js';
import type { ViewMessage } from './view.js';

const noon = new Date(2026, 2, 10, 12).getTime();
const minute = 60_000;

function message(key: string, change: Partial<ViewMessage> = {}): ViewMessage {
  return {
    key,
    index: 0,
    author: 'bot',
    own: false,
    body: key,
    at: noon,
    state: 'sent',
    error: null,
    edited: false,
    ...change,
  };
}

const ends = (messages: ViewMessage[]): string[] =>
  messageRows(messages).map((row) =>
    row.kind === 'day' ? 'day' : `${row.key}${row.first ? ' first' : ''}${row.last ? ' last' : ''}`,
  );

describe('rows of the log', () => {
  it('put the day before its first message only', () => {
    expect(
      ends([
        message('a'),
        message('b', { at: noon + minute }),
        message('c', { at: noon + 26 * 60 * minute }),
      ]),
    ).toEqual(['day', 'a first', 'b last', 'day', 'c first last']);
  });

  it('divide days at the visitor’s midnight', () => {
    const midnight = new Date(2026, 2, 11).getTime();
    expect(ends([message('a', { at: midnight - 1 }), message('b', { at: midnight })])).toEqual([
      'day',
      'a first last',
      'day',
      'b first last',
    ]);
  });

  it('keep one author’s messages together until someone else speaks or time has passed', () => {
    const list = [
      message('a'),
      message('b', { at: noon + minute }),
      message('c', { author: 'maria', at: noon + minute }),
      message('d', { own: true, author: 'me', at: noon + 2 * minute }),
      message('e', { own: true, author: 'me before', at: noon + 3 * minute }),
      message('f', { own: true, author: 'me', at: noon + 30 * minute }),
    ];
    expect(ends(list)).toEqual([
      'day',
      'a first',
      'b last',
      'c first last',
      'd first',
      'e last',
      'f first last',
    ]);
  });

  it('end a run at a failed message, whose buttons stand below it', () => {
    const list = [message('a', { own: true, state: 'failed' }), message('b', { own: true })];
    expect(ends(list)).toEqual(['day', 'a first last', 'b first last']);
  });

  it('hold every message once, in order, under unique keys, with each run opened and closed', () => {
    const anyMessage = fc.record({
      at: fc.integer({ min: 0, max: 2 ** 42 }),
      own: fc.boolean(),
      author: fc.constantFrom('bot', 'maria', ''),
      state: fc.constantFrom('sending' as const, 'sent' as const, 'failed' as const),
    });
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 40 }), (list) => {
        const messages = list.map((change, place) => message(String(place), change));
        const rows = messageRows(messages);
        const shown = rows.flatMap((row) => (row.kind === 'message' ? [row] : []));
        expect(shown.map((row) => row.message)).toEqual(messages);
        expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
        shown.forEach((row, place) => {
          expect(row.first).toBe(place === 0 || shown[place - 1]!.last);
        });
        expect(shown.at(-1)?.last ?? true).toBe(true);
      }),
    );
  });
});
