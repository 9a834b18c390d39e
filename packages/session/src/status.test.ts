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
  expect(statusOf({ ...idleFacts, ...facts })).toEqual({ status, reason, retryAt });
});
