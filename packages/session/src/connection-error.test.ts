import { expect, it } from 'vitest';
import { ConnectionError, connectionErrorCode } from './connection.js';

it('knows a connection error that another script made with its own copy of the class', () => {
  const copy = class extends Error {
    override readonly name = 'ConnectionError';
    readonly code = 'not_found';
  };
  expect(connectionErrorCode(new ConnectionError('busy', 'later'))).toBe('busy');
  expect(connectionErrorCode(new copy())).toBe('not_found');
  expect(connectionErrorCode(new Error('not_found'))).toBeNull();
  expect(connectionErrorCode({ name: 'ConnectionError', code: 'busy' })).toBeNull();
});
