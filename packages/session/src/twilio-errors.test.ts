import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionError } from './connection.js';
import { classify, isAlreadyParticipant, isNameTaken } from './twilio-errors.js';

const upstream = (status: number, code?: number) =>
  Object.assign(new Error('Not Found'), { status, body: code === undefined ? {} : { status, code } });

test.each([
  ['a deleted conversation', upstream(404, 20404), 'not_found'],
  ['a conversation that never was', upstream(404, 50350), 'not_found'],
  ['a visitor who is not a member', upstream(403, 50430), 'not_a_participant'],
  ['the same, answered with 404', upstream(404, 50430), 'not_a_participant'],
  [
    'a Sync object of others',
    Object.assign(new Error('x'), { status: 403, code: 54007 }),
    'not_a_participant',
  ],
  ['a closed conversation', upstream(400, 50377), 'closed'],
  ['no permission', upstream(403, 20403), 'refused'],
  ['a body too long', upstream(413), 'refused'],
  ['too many requests', upstream(429, 20429), 'busy'],
  ['a broken server', upstream(500), 'busy'],
  ['a gateway', upstream(503), 'busy'],
  ['a token that ran out', upstream(401, 20104), 'not_sent'],
  [
    'a tunnel that refused',
    Object.assign(new Error('Transport failure: TOO_MANY_REQUESTS'), { reply: { status: { code: 429 } } }),
    'busy',
  ],
  ['a socket lost in flight', new Error('disconnected'), 'unknown_outcome'],
  ['half an open socket', new Error('Twilsock: request timeout: TM123'), 'unknown_outcome'],
  ['a queue that waited in vain', new Error("request 'POST' to 'aim.us1.twilio.com' timed out"), 'not_sent'],
  ['a transport at its end', new Error('Unable to connect: Token expired'), 'not_sent'],
  ['the SDK’s own sentence', new Error('Conversation with SID CH1 was not found.'), 'not_found'],
])('%s', (_, error, code) => {
  expect(classify(error)).toMatchObject({ name: 'ConnectionError', code, cause: error });
});

test('anything at all becomes a ConnectionError, and one that is one stays', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
      expect(classify(thrown)).toBeInstanceOf(ConnectionError);
    }),
  );
  const known = new ConnectionError('closed', 'x');
  expect(classify(known)).toBe(known);
});

test('a name that is taken and a place that is had are known', () => {
  expect(isNameTaken(upstream(409, 50353))).toBe(true);
  expect(isNameTaken(upstream(409, 50433))).toBe(false);
  expect(isAlreadyParticipant(upstream(409, 50433))).toBe(true);
  expect(isAlreadyParticipant(upstream(403, 50430))).toBe(false);
});
