import { describe, expect, it } from 'vitest';
import { createJournal } from './journal.js';

const clock = { now: () => Date.UTC(2026, 10, 22) };
const entry = { direction: 'in', identity: null, size: 1 } as const;

describe('the log of frames and requests', () => {
  it('keeps the last entries only, the oldest first', () => {
    const journal = createJournal(clock, 3);
    const seen = () =>
      journal
        .lines()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).status);
    for (let status = 1; status <= 10; status += 1) {
      journal.add({ ...entry, status });
      expect(seen()).toEqual([status - 2, status - 1, status].filter((one) => one > 0));
    }
  });

  it('has one JSON object a line, with the time', () => {
    const journal = createJournal(clock);
    expect(journal.lines()).toBe('');
    journal.add({ direction: 'out', identity: 'al\nice', frame: 'reply', status: 200, size: 9 });
    expect(journal.lines()).toBe(
      '{"time":"2026-11-22T00:00:00.000Z","direction":"out","identity":"al\\nice","frame":"reply","status":200,"size":9}\n',
    );
  });

  it('keeps neither long paths nor what is no path', () => {
    const journal = createJournal(clock);
    journal.add({ ...entry, path: `/${'x'.repeat(5_000)}` });
    journal.add({ ...entry, path: 'http://name:password@host/' });
    expect(journal.lines().length).toBeLessThan(600);
    expect(journal.lines()).not.toContain('password');
  });
});
