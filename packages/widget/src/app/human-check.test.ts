import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHumanCheck } from './human-check.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function checkOf(api: unknown) {
  const complaints: string[] = [];
  const check = createHumanCheck({
    page: { ConversationsWebChat: api as never },
    after(ms, task) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    complain: (sentence) => void complaints.push(sentence),
  });
  return { check, complaints };
}

describe('the page’s human check', () => {
  it.each<[string, () => unknown]>([
    ['at once', () => 'answer'],
    ['later', async () => 'answer'],
    [
      'by something of its own that has a then',
      // biome-ignore lint/suspicious/noThenProperty: pages bring promises of their own making
      () => ({ then: (done: (text: string) => void) => done('answer') }),
    ],
  ])('is asked each time, and answers %s', async (_how, humanCheck) => {
    const asked = vi.fn(humanCheck);
    const { check, complaints } = checkOf({ humanCheck: asked });
    expect([await check(), await check()]).toEqual(['answer', 'answer']);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(complaints).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  const throwing = (thrown: unknown) => () => {
    throw thrown;
  };
  const unreadable = new Proxy(() => {}, { getPrototypeOf: throwing(new Error('a trap')) });
  it.each<[string, unknown]>([
    ['there is no chat in the page', undefined],
    ['there is none', {}],
    ['it is no function', { humanCheck: 'answer' }],
    ['it throws', { humanCheck: throwing(new Error('broken')) }],
    ['it throws nothing', { humanCheck: throwing(undefined) }],
    ['it throws what cannot be read', { humanCheck: throwing(unreadable) }],
    ['it rejects', { humanCheck: () => Promise.reject(new Error('closed')) }],
    ['reading it throws', Object.defineProperty({}, 'humanCheck', { get: throwing(new Error('a trap')) })],
    ['it gives nothing', { humanCheck: () => undefined }],
    ['it gives an empty text', { humanCheck: () => '' }],
    [
      'it gives an object',
      { humanCheck: () => ({ token: 'answer', toString: throwing(new Error('a trap')) }) },
    ],
    ['it gives more than any provider does', { humanCheck: () => 'x'.repeat(4097) }],
  ])('is failed when %s, and one sentence says so', async (_what, api) => {
    const { check, complaints } = checkOf(api);
    await expect(check()).rejects.toThrow('No answer to the human check.');
    expect(complaints).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up after five minutes', async () => {
    const { check, complaints } = checkOf({ humanCheck: () => new Promise(() => {}) });
    const failed = expect(check()).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(299_999);
    expect(complaints).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    expect(complaints).toEqual(['ConversationsWebChat.humanCheck took too long.']);
  });
});
