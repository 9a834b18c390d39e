import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServiceError } from './errors.js';
import { decodeEvent, readAttributes } from './webhook-events.js';

const place = { ConversationSid: `CH${'3'.repeat(32)}`, ChatServiceSid: `IS${'2'.repeat(32)}` };

test('a new conversation is decoded', () => {
  expect(decodeEvent({ EventType: 'onConversationAdded', ...place, Attributes: '{}' })).toEqual({
    type: 'conversation.added',
    conversationSid: place.ConversationSid,
    chatServiceSid: place.ChatServiceSid,
  });
});

test('a new message is decoded, with what Twilio leaves out', () => {
  const MessageSid = `IM${'4'.repeat(32)}`;
  expect(decodeEvent({ EventType: 'onMessageAdded', ...place, MessageSid, Index: '7', Author: 'x' })).toEqual(
    {
      type: 'message.added',
      conversationSid: place.ConversationSid,
      chatServiceSid: place.ChatServiceSid,
      messageSid: MessageSid,
      index: 7,
      source: '',
      author: 'x',
      body: '',
      attributes: {},
    },
  );
});

test('an event that nobody asked for is named and left alone', () => {
  expect(decodeEvent({ EventType: 'onUserAdded' })).toEqual({ type: 'other', name: 'onUserAdded' });
  expect(decodeEvent({})).toEqual({ type: 'other', name: '' });
});

test('a SID that could lead a path astray is refused by name', () => {
  const params = { EventType: 'onConversationAdded', ...place, ConversationSid: '../../Services' };
  expect(() => decodeEvent(params)).toThrow(
    expect.objectContaining({ code: 'bad_request', message: expect.stringContaining('ConversationSid') }),
  );
});

test('any parameters are an event or a refusal', () => {
  const names = fc.constantFrom(
    'EventType',
    'ConversationSid',
    'ChatServiceSid',
    'MessageSid',
    'Index',
    'Body',
  );
  const values = fc.oneof(
    fc.string(),
    fc.array(fc.string()),
    fc.constantFrom('onMessageAdded', 'onConversationAdded', place.ConversationSid, place.ChatServiceSid),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(names, fc.string()), values), (params) => {
      try {
        decodeEvent(params);
      } catch (error) {
        expect(error).toBeInstanceOf(ServiceError);
      }
    }),
  );
});

test('attributes that are not an object count as none', () => {
  for (const text of ['', '{', 'null', '[1]', '"x"', '3']) expect(readAttributes(text)).toEqual({});
  expect(readAttributes('{"inReplyTo":"IM1"}')).toEqual({ inReplyTo: 'IM1' });
  fc.assert(fc.property(fc.string(), (text) => typeof readAttributes(text) === 'object'));
});
