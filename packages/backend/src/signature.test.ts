import twilio from 'twilio';
import { describe, expect, test } from 'vitest';
import type { Call, CallBody, Params } from './call.js';
import { signedParams } from './signature.js';

const URL = 'http://127.0.0.1:4000/webhooks/conversations';
const TOKEN = 'local-auth-token-0001';
const SIGNATURE = 'ntxWrRvuVg63L0hNmxnKoqUi+LE=';
const PARAMS: Params = {
  AccountSid: `AC${'1'.repeat(32)}`,
  EventType: 'onMessageAdded',
  Source: 'SDK',
  ClientIdentity: 'visitor-42',
  RetryCount: '0',
  ChatServiceSid: `IS${'2'.repeat(32)}`,
  ConversationSid: `CH${'3'.repeat(32)}`,
  MessageSid: `IM${'4'.repeat(32)}`,
  MessagingServiceSid: `MG${'6'.repeat(32)}`,
  Index: '0',
  DateCreated: '2026-11-22T10:00:00.123Z',
  Body: 'Hi & bye',
  Author: 'visitor-42',
  ParticipantSid: `MB${'5'.repeat(32)}`,
  Attributes: '{}',
};

function delivery(changes: Partial<Call> = {}, params: Params = PARAMS): Call {
  return {
    method: 'POST',
    headers: { 'x-twilio-signature': SIGNATURE },
    query: {},
    search: '',
    body: { kind: 'params', params },
    ...changes,
  };
}

test('a delivery signed by Twilio’s rule is read', () => {
  expect(signedParams(delivery(), TOKEN, URL)).toEqual(PARAMS);
});

test('a query that Twilio was told is signed once, whoever wrote it down', () => {
  const search = '?flow=a%20b';
  const signature = twilio.getExpectedTwilioSignature(TOKEN, URL + search, PARAMS);
  const call = delivery({ search, headers: { 'x-twilio-signature': signature } });
  expect(signedParams(call, TOKEN, URL)).toEqual(PARAMS);
  expect(signedParams(call, TOKEN, URL + search)).toEqual(PARAMS);
});

test('a parameter that comes twice is signed with both values', () => {
  const params = { ...PARAMS, Tag: ['b', 'a'] };
  const signature = twilio.getExpectedTwilioSignature(TOKEN, URL, params);
  const call = delivery({ headers: { 'x-twilio-signature': signature } }, params);
  expect(signedParams(call, TOKEN, URL)).toEqual(params);
});

describe('a delivery is refused', () => {
  const body: CallBody = { kind: 'params', params: { ...PARAMS, Body: 'Hi & buy' } };
  test.each([
    ['without a signature', delivery({ headers: {} }), TOKEN, URL],
    ['with another text', delivery({ body }), TOKEN, URL],
    ['with one more parameter', delivery({}, { ...PARAMS, More: '1' }), TOKEN, URL],
    ['with a query that was not signed', delivery({ search: '?a=1' }), TOKEN, URL],
    ['for another address', delivery(), TOKEN, 'http://127.0.0.1:4000/webhooks/other'],
    ['for another host', delivery(), TOKEN, 'http://127.0.0.2:4000/webhooks/conversations'],
    ['with another Auth Token', delivery(), 'local-auth-token-0002', URL],
    ['with a signature of another length', delivery({ headers: { 'x-twilio-signature': 'x' } }), TOKEN, URL],
  ])('%s', (_name, call, token, url) => {
    expect(() => signedParams(call, token, url)).toThrow(
      expect.objectContaining({ code: 'signature_invalid', status: 403 }),
    );
  });

  test('with GET', () => {
    expect(() => signedParams(delivery({ method: 'GET' }), TOKEN, URL)).toThrow(
      expect.objectContaining({ code: 'method_not_allowed', status: 405 }),
    );
  });
});
