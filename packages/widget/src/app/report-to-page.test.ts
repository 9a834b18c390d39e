import {
  type ChatMessage,
  type ChatSession,
  type ChatSnapshot,
  emptySnapshot,
} from '@conversations-web-chat/session';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../config.js';
import { reportChange, reportToPage } from './report-to-page.js';
import { createViewStore } from './view-store.js';

type Told = [event: string, ...values: Plain[]];

const own: ChatMessage = {
  key: 'c1',
  sid: null,
  index: null,
  author: 'me',
  own: true,
  body: 'Hello',
  at: 1,
  state: 'sending',
  error: null,
  edited: false,
  role: 'other',
  media: [],
  content: null,
  chosen: null,
};
const theirs: ChatMessage = {
  ...own,
  key: 'IM5',
  sid: 'IM5',
  index: 5,
  author: 'bot',
  own: false,
  state: 'sent',
};

function change(before: Partial<ChatSnapshot>, after: Partial<ChatSnapshot>): Told[] {
  const told: Told[] = [];
  const from = { ...emptySnapshot, ...before };
  reportChange(from, { ...from, ...after }, (event, detail) => told.push([event, ...Object.values(detail)]));
  return told;
}

describe('what the page hears of a change', () => {
  it('is nothing when nothing changed', () => {
    expect(change({ messages: [own] }, {})).toEqual([]);
  });

  it('is how the connection is, and errors with their code', () => {
    expect(change({ status: 'starting' }, { status: 'failed', reason: 'token_service_unreachable' })).toEqual(
      [
        ['connection', 'failed', 'token_service_unreachable'],
        ['error', 'token_service_unreachable', 'The chat is failed: token_service_unreachable.'],
      ],
    );
  });

  it('is a message sent when the service has it, not before and not for history', () => {
    expect(change({}, { messages: [own] })).toEqual([]);
    const sent: ChatMessage = { ...own, state: 'sent', sid: 'IM1', index: 3, at: 9 };
    expect(change({ messages: [own] }, { messages: [sent] })).toEqual([
      ['message:sent', 'c1', 'IM1', 3, 'Hello', 9],
    ]);
    expect(change({}, { messages: [sent] })).toEqual([]);
  });

  it('is a message that failed, with why', () => {
    const failed: ChatMessage = { ...own, state: 'failed', error: 'too_long' };
    expect(change({ messages: [own] }, { messages: [failed] })).toEqual([
      ['message:failed', 'c1', 'Hello', 'too_long'],
    ]);
    expect(change({ identity: 'me' }, { messages: [failed] })).toHaveLength(1);
    // Read from storage together with who the visitor is: the page has heard of it then.
    expect(change({}, { identity: 'me', messages: [failed] })).toEqual([]);
  });

  it('is typing when it begins and ends, not for each one who joins in', () => {
    expect(change({}, { typing: ['bot'] })).toEqual([['typing', true]]);
    expect(change({ typing: ['bot'] }, { typing: ['bot', 'maria'] })).toEqual([]);
    expect(change({ typing: ['bot'] }, { typing: [] })).toEqual([['typing', false]]);
  });

  it('is a conversation beginning and ending', () => {
    expect(change({}, { conversationSid: 'CH1' })).toEqual([['conversation:started', 'CH1']]);
    const ended = { status: 'ended', reason: 'conversation_closed' } as const;
    expect(change({ conversationSid: 'CH1' }, ended)).toContainEqual([
      'conversation:ended',
      'CH1',
      'conversation_closed',
    ]);
  });
});

describe('unread messages', () => {
  it('are counted while the panel is closed and forgotten when it opens', () => {
    let current: ChatSnapshot = { ...emptySnapshot, conversationSid: 'CH1', historyLoaded: true };
    let notify = (): void => {};
    const session = {
      getSnapshot: () => current,
      subscribe(listener: () => void) {
        notify = listener;
        return () => {};
      },
    } as ChatSession;
    const view = createViewStore('light');
    const told: Told[] = [];
    reportToPage(session, view, (event, detail) => told.push([event, ...Object.values(detail)]));
    const show = (messages: ChatMessage[]): void => {
      current = { ...current, messages };
      notify();
    };

    show([]);
    show([theirs]);
    expect(told).toContainEqual(['unread', 1]);
    view.set({ open: true });
    expect(told.at(-1)).toEqual(['unread', 0]);
    show([theirs, { ...theirs, key: 'IM6', index: 6 }]);
    expect(told.filter(([event]) => event === 'unread')).toHaveLength(2);
    expect(told.filter(([event]) => event === 'message:received')).toHaveLength(2);
  });
});
