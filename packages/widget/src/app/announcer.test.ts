import { type ChatMessage, type ChatSnapshot, emptySnapshot } from '@conversations-web-chat/session';
import { describe, expect, it } from 'vitest';
import { createAnnouncer } from './announcer.js';
import { en } from './i18n/en.js';

const own = (key: string, state: ChatMessage['state']): ChatMessage => ({
  key,
  sid: null,
  index: null,
  author: 'me',
  own: true,
  body: 'Hello',
  at: 1,
  state,
  error: state === 'failed' ? 'too_long' : null,
  edited: false,
  role: 'other',
  media: [],
  content: null,
  chosen: null,
});
const theirs: ChatMessage = { ...own('IM5', 'sent'), sid: 'IM5', index: 5, author: 'shop-bot', own: false };
const snapshot = (...messages: ChatMessage[]): ChatSnapshot => ({
  ...emptySnapshot,
  conversationSid: 'CH1',
  historyLoaded: true,
  messages,
});

describe('what is announced', () => {
  it('is each message of others once, with its author’s name, and none of the visitor’s own', () => {
    const announce = createAnnouncer(en);
    announce(snapshot());
    expect(announce(snapshot(theirs, own('a', 'sending')))).toEqual(['Shop Bot: Hello']);
    expect(announce(snapshot(theirs, own('a', 'sent')))).toEqual([]);
  });

  it('is each failure once, and again only when it was tried again', () => {
    const announce = createAnnouncer(en);
    expect(announce(snapshot(own('a', 'failed'), own('b', 'failed')))).toEqual([
      en.failedTooLong,
      en.failedTooLong,
    ]);
    expect(announce(snapshot(own('b', 'failed')))).toEqual([]);
    expect(announce(snapshot(own('b', 'sending')))).toEqual([]);
    expect(announce(snapshot(own('b', 'failed')))).toEqual([en.failedTooLong]);
  });
});
