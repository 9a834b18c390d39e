import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../json.js';
import type { Credentials } from '../options.js';
import { openStore } from '../store/store.js';
import { type StartedProcess, startProcess } from '../testing/start-process.js';
import { checkStore } from './check-store.js';
import { checkLedgers } from './ledger.js';
import { openWriters } from './open-writers.js';
import { comparison, heardOnce, play } from './play.js';
import { type Kill, killScheduleOf } from './schedule.js';
import { storedView } from './stored-view.js';
import { connected } from './writer.js';

const identities = ['alice', 'bob', 'carol'];

/**
 * One run: three SDK clients write to an emulator that is a process of its own and is killed by SIGKILL, over and
 * over, and started again on the same file. Answers what was wrong after each kill, and in the end.
 */
export async function killRun(seed: number, kills: number): Promise<string[]> {
  const schedule = killScheduleOf(seed, kills);
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  const file = join(folder, 'store.sqlite');
  let port = 0;
  const start = (): StartedProcess =>
    startProcess(['--port', String(port), '--data', file, '--json'], folder);
  const kill = async ({ child, exit }: StartedProcess): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
  };

  let server = start();
  try {
    const { wsUrl, ...credentials } = await addressOf(server);
    port = Number(new URL(wsUrl).port);
    const opened = await openWriters({ wsUrl, credentials }, identities);
    const { writers, conversationSid } = opened;
    const complaints: string[] = [];
    const look = (when: string): JsonObject =>
      withCopy(folder, file, (store) => {
        const found = [
          ...checkStore(store, credentials.serviceSid),
          ...checkLedgers(
            store,
            conversationSid,
            writers.map(({ ledger }) => ledger),
          ),
        ];
        complaints.push(...found.map((sentence) => `${when}: ${sentence}`));
        return storedView(store, conversationSid);
      });

    let number = 0;
    const killOnce = async ({ next }: Kill): Promise<void> => {
      number += 1;
      await kill(server);
      look(`after kill ${number}`);
      server = start();
      if (next !== undefined) {
        await wait(next);
        await kill(server);
        look(`after kill ${number}, and another as it started`);
        server = start();
      }
      await addressOf(server);
    };
    // One after the other, also when the acts run ahead of a start.
    let last = Promise.resolve();
    await play(schedule.acts, writers, schedule.kills, (planned) => {
      last = last.then(() => killOnce(planned));
      return last;
    });
    for (const writer of writers) {
      await connected(writer.client);
      await writer.sendForSure();
    }
    const expected = look('in the end');
    const views = await Promise.all(writers.map((writer) => comparison(writer, expected)));
    complaints.push(...views.flat(), ...writers.flatMap((writer) => heardOnce(writer, expected)));
    await opened.close();
    return complaints;
  } finally {
    await kill(server);
    rmSync(folder, { recursive: true });
  }
}

async function addressOf(server: StartedProcess): Promise<Credentials & { wsUrl: string }> {
  await server.started;
  const [line] = server.lines;
  if (line === undefined) throw new Error(`The emulator did not start: ${server.complaints()}`);
  return JSON.parse(line) as Credentials & { wsUrl: string };
}

/** Reads the file as it lies there, log and all, without touching it: the next process must mend it itself. */
function withCopy<T>(folder: string, file: string, read: (store: ReturnType<typeof openStore>) => T): T {
  const copies = mkdtempSync(join(folder, 'copy-'));
  const copy = join(copies, 'store.sqlite');
  for (const suffix of ['', '-wal']) {
    if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  }
  const store = openStore(copy);
  try {
    return read(store);
  } finally {
    store.close();
    rmSync(copies, { recursive: true });
  }
}
