import { describe, expect, test } from 'vitest';
import { type Connection, ConnectionError } from './connection.js';
import { createLineProbe } from './line-probe.js';
import { createFakeClock } from './testing.js';

function probed() {
  const clock = createFakeClock();
  const silent: Connection[] = [];
  const questions: { answer(): void; fail(error: Error): void }[] = [];
  const state: { line: Connection | null } = { line: {} as Connection };
  const probe = createLineProbe({
    clock,
    line: () => state.line,
    question: () =>
      new Promise<void>((answer, fail) => {
        questions.push({ answer, fail });
      }),
    onSilence: (connection) => silent.push(connection),
  });
  return { clock, silent, questions, state, probe };
}

describe('a question on a line', () => {
  test('is shared by all who ask while it is on its way, and asked anew afterwards', async () => {
    const { probe, questions, clock, silent } = probed();
    const asking = [probe.ask(), probe.ask(), probe.ask()];
    expect(questions).toHaveLength(1);
    questions[0]?.answer();
    await Promise.all(asking);
    void probe.ask();
    expect(questions).toHaveLength(2);
    questions[1]?.answer();
    await clock.advance(60_000);
    expect(silent).toEqual([]);
  });

  test('that is not answered within 5 s tells of silence once', async () => {
    const { probe, clock, silent, state } = probed();
    void probe.ask();
    void probe.ask();
    await clock.advance(4_900);
    expect(silent).toEqual([]);
    await clock.advance(200);
    expect(silent).toEqual([state.line]);
  });

  test('that is answered with an error was answered', async () => {
    const { probe, clock, silent, questions } = probed();
    void probe.ask();
    questions[0]?.fail(new ConnectionError('busy', 'later'));
    await clock.advance(60_000);
    expect(silent).toEqual([]);
  });

  test('on a line that is not in use any more tells nothing, and the next line has its own', async () => {
    const { probe, clock, silent, questions, state } = probed();
    void probe.ask();
    state.line = {} as Connection;
    void probe.ask();
    expect(questions).toHaveLength(2);
    questions[1]?.answer();
    await clock.advance(60_000);
    expect(silent).toEqual([]);
    state.line = null;
    await probe.ask();
    expect(questions).toHaveLength(2);
  });

  test('that nobody waits for any more leaves no timer, and tells nothing', async () => {
    const { probe, clock, silent, state } = probed();
    const asking = probe.ask();
    state.line = null;
    probe.stop();
    await asking;
    expect(clock.waiting()).toBe(0);
    expect(silent).toEqual([]);
  });
});
