import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionError } from './connection.js';
import { classify, isAlreadyParticipant, isNameTaken } from './twilio-errors.js';

const upstream = (status: number, code?: number) =>
  Object.assign(new Error('Not Found'), { status, body: code === undefined ? {} : { status, code } });

/** Of Sync: the code stands beside the status. */
const sync = (status: number, code: number) => Object.assign(new Error('x'), { status, code });
/** Of media: the number of the status stands where others have a code. */
const media = (code: number, status: string, body: unknown = '', headers: Record<string, string> = {}) =>
  Object.assign(new Error(`${code}: [${status}]`), { code, status, body, headers });
const tunnel = (code: number, body?: unknown) =>
  Object.assign(new Error('Transport failure: REFUSED'), { reply: { status: { code }, body } });

test.each([
  ['a deleted conversation', upstream(404, 20404), 'not_found'],
  ['a conversation that never was', upstream(404, 50350), 'not_found'],
  ['a conversation without a code', upstream(404), 'not_found'],
  ['a visitor who is not a member', upstream(403, 50430), 'not_a_participant'],
  ['the same, answered with 404', upstream(404, 50430), 'not_a_participant'],
  ['a visitor whose place is gone', upstream(404, 50432), 'not_a_participant'],
  ['a Sync object of others', sync(403, 54007), 'not_a_participant'],
  ['a Sync document that is gone', sync(404, 54100), 'not_found'],
  ['a Sync list that is gone', sync(404, 54150), 'not_found'],
  ['a Sync map that is gone', sync(404, 54200), 'not_found'],
  ['an item of a Sync map', sync(404, 54201), 'not_found'],
  ['a Sync object of no such name', sync(404, 54300), 'not_found'],
  ['a Sync name that is had', sync(409, 54301), 'refused'],
  ['a Sync service in trouble', sync(500, 0), 'busy'],
  ['a closed conversation', upstream(400, 50377), 'closed'],
  ['a thousand conversations', upstream(400, 50214), 'too_many'],
  ['a thousand participants', upstream(400, 50417), 'refused'],
  ['a name that is taken', upstream(409, 50353), 'refused'],
  ['a place that is had', upstream(409, 50433), 'refused'],
  ['a group that is there', upstream(409, 50438), 'refused'],
  ['no permission', upstream(403, 50107), 'refused'],
  ['no permission at all', upstream(403, 20403), 'refused'],
  ['a parameter that makes no sense', upstream(400, 20001), 'refused'],
  ['attributes too long', upstream(400, 50303), 'refused'],
  ['a body too long', upstream(400, 50504), 'refused'],
  ['a frame too large', upstream(413), 'refused'],
  ['too many requests', upstream(429, 20429), 'busy'],
  ['too many requests, by the code alone', upstream(400, 20429), 'busy'],
  ['a broken server', upstream(500), 'busy'],
  ['a gateway', upstream(503), 'busy'],
  ['a gateway that lost its patience', upstream(408), 'busy'],
  ['a token that is no good', upstream(401, 20101), 'not_sent'],
  ['a token of another issuer', upstream(401, 20103), 'not_sent'],
  ['a token that ran out', upstream(401, 20104), 'not_sent'],
  ['a token before its time', upstream(401, 20105), 'not_sent'],
  ['a token badly signed', upstream(401, 20107), 'not_sent'],
  ['a tunnel that refused', tunnel(429), 'busy'],
  ['a tunnel that broke', tunnel(502), 'busy'],
  ['a tunnel whose token ran out', tunnel(401), 'not_sent'],
  ['a file too large', media(413, 'Payload Too Large', '<html><h1>413</h1></html>'), 'refused'],
  ['a file of a kind that is not taken', media(415, 'Unsupported Media Type'), 'refused'],
  ['a file while the token ran out', media(401, 'Unauthorized'), 'not_sent'],
  ['a file that is gone', media(404, '', { code: 20404, status: 404 }), 'not_found'],
  ['files too often', media(429, 'Too Many Requests'), 'busy'],
  ['a media service in trouble', media(502, 'Bad Gateway', '<html>'), 'busy'],
  ['a file whose network was gone', media(0, ''), 'not_sent'],
  ['a reading that failed six times', new Error('Fetch resource from "https://x" failed.'), 'busy'],
  ['a socket lost in flight', new Error('disconnected'), 'unknown_outcome'],
  ['half an open socket', new Error('Twilsock: request timeout: TM123'), 'unknown_outcome'],
  ['a queue that waited in vain', new Error("request 'POST' to 'aim.us1.twilio.com' timed out"), 'not_sent'],
  ['a transport at its end', new Error('Unable to connect: Token expired'), 'not_sent'],
  ['the SDK’s own sentence', new Error('Conversation with SID CH1 was not found.'), 'not_found'],
])('%s', (_, error, code) => {
  expect(classify(error)).toMatchObject({ name: 'ConnectionError', code, cause: error });
});

test.each([
  ['what the media service says', media(429, 'Too Many Requests', '', { 'Retry-After': '7' }), 7_000],
  ['the same in lower case', media(503, 'Unavailable', '', { 'retry-after': '2' }), 2_000],
  ['no more than a minute', media(429, 'Too Many Requests', '', { 'retry-after': '86400' }), 60_000],
  ['a date, which it is not asked for', media(503, '', '', { 'retry-after': 'Mon, 01 Jan 2029' }), null],
  ['what the tunnel says', tunnel(429, { backoff_policy: { reconnect_min_ms: 2_500 } }), 2_500],
  ['a second, as actions are counted by the second', upstream(429, 20429), 1_000],
  ['nothing where nobody says', upstream(503), null],
  ['nothing for what stays refused', media(413, '', '', { 'retry-after': '7' }), null],
])('the wait is %s', (_, error, waitMs) => {
  expect(classify(error).waitMs).toBe(waitMs);
});

test('anything at all becomes a ConnectionError, and one that is one stays', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
      expect(classify(thrown)).toBeInstanceOf(ConnectionError);
    }),
  );
  // As hostile, and nearer to what the SDK throws.
  const anything = fc.anything({ withNullPrototype: true });
  const shaped = fc.record({
    status: fc.oneof(anything, fc.integer()),
    code: fc.oneof(anything, fc.integer()),
    message: anything,
    body: fc.oneof(anything, fc.record({ code: anything })),
    reply: fc.record({
      status: fc.record({ code: anything }),
      body: fc.record({ backoff_policy: anything }),
    }),
    headers: fc.oneof(anything, fc.record({ 'Retry-After': anything })),
  });
  fc.assert(
    fc.property(shaped, (thrown) => {
      const { code, waitMs } = classify(thrown);
      expect(waitMs === null || (code === 'busy' && waitMs > 0 && waitMs <= 60_000)).toBe(true);
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
