import { expect, test } from 'vitest';
import { idleFacts, statusOf } from './status.js';

const trouble = { reason: 'token_service_error', retryAt: 5 } as const;

test.each([
  [{}, 'idle', null, null],
  [{ started: true }, 'starting', null, null],
  [{ started: true, trouble }, 'failed', 'token_service_error', 5],
  [{ started: true, networkGone: true, trouble }, 'offline', null, null],
  [{ started: true, live: true, wasLive: true, trouble }, 'online', null, null],
  [{ started: true, live: true, wasLive: true, networkGone: true }, 'online', null, null],
  [{ started: true, live: true, slowedUntil: 7 }, 'online', 'rate_limited', 7],
  [{ started: true, wasLive: true, slowedUntil: 7 }, 'reconnecting', 'connection_lost', null],
  [{ started: true, wasLive: true }, 'reconnecting', 'connection_lost', null],
  [{ started: true, wasLive: true, trouble }, 'reconnecting', 'token_service_error', 5],
  [{ started: true, wasLive: true, ended: 'conversation_gone' }, 'ended', 'conversation_gone', null],
  [
    { started: true, ended: 'conversation_closed', blocked: 'insecure_context' },
    'blocked',
    'insecure_context',
    null,
  ],
] as const)('of %j the status is %s', (facts, status, reason, retryAt) => {
  expect(statusOf({ ...idleFacts, ...facts })).toMatchObject({ status, reason, retryAt });
});

test.each([
  [{}, []],
  [{ started: true }, ['write']],
  [{ started: true, live: true }, ['write', 'end_chat']],
  [{ started: true, wasLive: true }, ['write', 'retry_now']],
  [{ started: true, trouble }, ['write', 'retry_now']],
  [{ started: true, ended: 'ended_by_visitor' }, ['start_new']],
  [{ started: true, blocked: 'banned' }, []],
] as const)('of %j the visitor can do %j', (facts, can) => {
  expect(statusOf({ ...idleFacts, ...facts }).can).toEqual(can);
});
