import { type ChatMessage, type ChatSnapshot, emptySnapshot } from '@conversations-web-chat/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNewcomers } from './newcomers.js';

function message(index: number | null, own = false): ChatMessage {
  return {
    key: `${own ? 'own' : 'their'} ${index}`,
    sid: `IM${index}`,
    index,
    author: own ? 'me' : 'bot',
    own,
    body: '',
    at: 0,
    state: 'sent',
    error: null,
    edited: false,
    role: 'other',
    media: [],
    content: null,
    chosen: null,
  };
}
const snapshot = (messages: ChatMessage[], change: Partial<ChatSnapshot> = {}): ChatSnapshot => ({
  ...emptySnapshot,
  conversationSid: 'CH1',
  historyLoaded: true,
  messages,
  ...change,
});

describe('newcomers', () => {
  it('are not what history already held', () => {
    const newcomers = createNewcomers();
    expect(newcomers(snapshot([message(0)], { historyLoaded: false }))).toEqual([]);
    expect(newcomers(snapshot([message(0), message(3)]))).toEqual([]);
  });

  it('are others’ messages that come later, each once', () => {
    const newcomers = createNewcomers();
    newcomers(snapshot([message(3)]));
    const late = message(7);
    expect(newcomers(snapshot([message(3), message(5, true), late]))).toEqual([late]);
    expect(newcomers(snapshot([message(3), message(5, true), late]))).toEqual([]);
  });

  it('are not the older ones that paging back brings', () => {
    const newcomers = createNewcomers();
    newcomers(snapshot([message(10)]));
    expect(newcomers(snapshot([message(1), message(2), message(10)]))).toEqual([]);
  });

  it('are told in the first conversation that turns out empty', () => {
    const newcomers = createNewcomers();
    newcomers(snapshot([]));
    const greeting = message(0);
    expect(newcomers(snapshot([greeting]))).toEqual([greeting]);
  });

  it('are told in the first conversation however early the greeting comes', () => {
    const newcomers = createNewcomers();
    const before = { identity: 'me', conversationSid: null, historyLoaded: false };
    const greeting = message(0);
    expect(newcomers(snapshot([], before))).toEqual([]);
    expect(newcomers(snapshot([greeting], { identity: 'me' }))).toEqual([greeting]);
  });

  it('are not what a visitor who is known elsewhere had said and heard there', () => {
    const newcomers = createNewcomers();
    newcomers(snapshot([], { identity: 'me', conversationSid: null, historyLoaded: false }));
    expect(newcomers(snapshot([message(0), message(1, true)], { identity: 'me' }))).toEqual([]);
  });

  it('are told from the first on in a conversation that follows another', () => {
    const newcomers = createNewcomers();
    newcomers(snapshot([message(40)]));
    const greeting = message(0);
    expect(newcomers(snapshot([greeting], { conversationSid: 'CH2' }))).toEqual([greeting]);
  });

  it('are each told at most once, however snapshots grow', () => {
    const step = fc.record({ index: fc.integer({ min: 0, max: 30 }), own: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const newcomers = createNewcomers();
        const told: ChatMessage[] = [...newcomers(snapshot([]))];
        const known = new Map<number, ChatMessage>();
        for (const { index, own } of steps) {
          if (!known.has(index)) known.set(index, message(index, own));
          const messages = [...known.values()].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
          told.push(...newcomers(snapshot(messages)));
        }
        expect(new Set(told.map(({ key }) => key)).size).toBe(told.length);
        expect(told.every(({ own }) => !own)).toBe(true);
      }),
    );
  });
});
