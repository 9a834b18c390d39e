import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { parseJson } from '../json.js';
import { readFault } from './fault.js';

const ops =
  'drop, refuse, close, tokenAboutToExpire, expireToken, latency, halfOpen, pauseReplies, disorder, answer, seed, reset';

describe('an order for a fault', () => {
  it.each([
    [{ op: 'drop' }],
    [{ op: 'drop', identity: 'alice' }],
    [{ op: 'refuse', on: false }],
    [{ op: 'close', code: 308 }],
    [{ op: 'close', code: 599, status: 'GOING', identity: 'alice' }],
    [{ op: 'tokenAboutToExpire', identity: 'alice' }],
    [{ op: 'expireToken', identity: 'alice', how: 'close410' }],
    [{ op: 'latency', ms: 60_000 }],
    [{ op: 'latency', ms: 0, jitter: 9, distribution: 'exponential', identity: 'alice' }],
    [{ op: 'drop', when: 'afterWrite', identity: 'alice', method: 'POST', path: '/Messages', nth: 2 }],
    [{ op: 'halfOpen', on: true }],
    [{ op: 'pauseReplies', on: false, identity: 'alice' }],
    [{ op: 'disorder', reorder: 3, duplicate: 0.5, minMs: 1, maxMs: 9, keep: 'nothing' }],
    [{ op: 'answer', status: 429, code: 20_429, backoffMs: 100, path: '/v1/*', nth: 3, times: 2 }],
    [{ op: 'answer', status: 500, to: 'init', identity: 'alice' }],
    [{ op: 'seed', seed: 7 }],
    [{ op: 'reset' }],
  ])('is read: %j', (value) => {
    expect(readFault(value)).toEqual(value);
  });

  it.each<[unknown, string]>([
    [undefined, `the body must be one JSON object whose op is one of ${ops}`],
    [[{ op: 'drop' }], `the body must be one JSON object whose op is one of ${ops}`],
    [{}, `op must be one of ${ops}`],
    [{ op: 'explode' }, `op must be one of ${ops}`],
    [{ op: 'constructor' }, `op must be one of ${ops}`],
    [{ op: ['drop'] }, `op must be one of ${ops}`],
    [
      { op: 'drop', identiy: 'alice' },
      'identiy is not a field of drop, which takes when, method, path, identity, nth',
    ],
    [{ op: 'reset', on: true }, 'on is not a field of reset, which takes no fields'],
    [
      parseJson('{"op":"drop","__proto__":{}}'),
      '__proto__ is not a field of drop, which takes when, method, path, identity, nth',
    ],
    [{ op: 'drop', identity: null }, 'identity must be a text of 1 to 256 characters'],
    [{ op: 'drop', identity: '' }, 'identity must be a text of 1 to 256 characters'],
    [{ op: 'tokenAboutToExpire' }, 'identity must be a text of 1 to 256 characters'],
    [{ op: 'refuse' }, 'on must be true or false'],
    [{ op: 'refuse', on: 'yes' }, 'on must be true or false'],
    [{ op: 'close' }, 'code must be a whole number from 100 to 599'],
    [{ op: 'close', code: '308' }, 'code must be a whole number from 100 to 599'],
    [{ op: 'close', code: 308, status: 7 }, 'status must be a text of 1 to 100 characters'],
    [{ op: 'expireToken', identity: 'alice', how: 'softly' }, 'how must be drop or close410'],
    [{ op: 'latency', ms: -1 }, 'ms must be a whole number from 0 to 60000'],
    [{ op: 'drop', when: 'later' }, 'when must be now, beforeWrite, afterWrite or afterReply'],
    [
      { op: 'drop', path: '/Messages' },
      'method, path and nth are for a drop whose when is beforeWrite, afterWrite or afterReply',
    ],
    [{ op: 'disorder', duplicate: 2 }, 'duplicate must be a number from 0 to 1'],
    [{ op: 'disorder', duplicate: Number.NaN }, 'duplicate must be a number from 0 to 1'],
    [{ op: 'disorder', minMs: 2, maxMs: 1 }, 'minMs must not be more than maxMs'],
    [{ op: 'answer', status: 200 }, 'status must be a whole number from 400 to 599'],
    [{ op: 'answer', status: 500, nth: 0 }, 'nth must be a whole number from 1 to 1000000'],
    [
      { op: 'answer', status: 500, to: 'init', path: '/x' },
      'method and path are not for init, a frame of its own',
    ],
    [{ op: 'seed', seed: -1 }, 'seed must be a whole number from 0 to 2147483647'],
    [{ op: 'latency', ms: 0.5 }, 'ms must be a whole number from 0 to 60000'],
  ])('is refused by a sentence that names the field: %j', (value, sentence) => {
    expect(() => readFault(value)).toThrow(new Refusal('invalid_parameter', sentence));
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          readFault(value);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});
