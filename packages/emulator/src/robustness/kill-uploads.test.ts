import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Credentials } from '../options.js';
import { startProcess } from '../testing/start-process.js';
import { type Random, randomOf } from './random.js';

const { KILL_RUNS = '2', KILL_SEED } = process.env;
const seeds = KILL_SEED === undefined ? [...Array(Number(KILL_RUNS)).keys()] : [Number(KILL_SEED)];
const kills = 3;
const uploaders = 3;

/** What the account was told of an upload. */
interface Known {
  bytes: Buffer;
  /** `kept` until its removal is asked for, `removed` once that is acknowledged, `unsure` between. */
  state: 'kept' | 'unsure' | 'removed';
}

it.each(seeds)(
  `an emulator that is killed during uploads keeps those it acknowledged, whole, and no other bytes (seed %i, ${kills} kills)`,
  async (seed) => {
    const random = randomOf(seed);
    const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
    const file = join(folder, 'store.sqlite');
    const onDisk = (): string[] => (existsSync(`${file}.media`) ? readdirSync(`${file}.media`) : []);
    let server = await start(folder, file);
    const kill = async (): Promise<void> => {
      server.child.kill('SIGKILL');
      await server.exit;
    };
    onTestFinished(async () => {
      await kill();
      rmSync(folder, { recursive: true });
    });
    const known = new Map<string, Known>();

    for (let number = 0; number < kills; number += 1) {
      const { ask } = server;
      const created = await ask('POST', '/v1/Conversations', new URLSearchParams());
      const { sid: conversation } = (await created.json()) as { sid: string };
      const ends = random.between(1, 12);
      let acknowledged = 0;
      let enough = (): void => {};
      const reached = new Promise<void>((resolve) => {
        enough = resolve;
      });
      const uploading = Array.from({ length: uploaders }, async () => {
        // Until the process is gone, which is how every one of them ends.
        for (;;) {
          const bytes = bytesOf(random);
          const made = await ask('POST', server.media, bytes).catch(() => undefined);
          const record = await sidIn(made);
          if (!made || !record) return;
          expect(made.status).toBe(201);
          const one: Known = { bytes, state: 'kept' };
          known.set(record.sid, one);
          acknowledged += 1;
          if (acknowledged === ends) enough();
          if (random.between(0, 2) > 0) continue;
          const messages = `/v1/Conversations/${conversation}/Messages`;
          const form = new URLSearchParams({ MediaSid: record.sid });
          const sent = await ask('POST', messages, form).catch(() => undefined);
          const message = await sidIn(sent);
          if (!message) return;
          one.state = 'unsure';
          const gone = await ask('DELETE', `${messages}/${message.sid}`).catch(() => undefined);
          if (!gone) return;
          expect(gone.status).toBe(204);
          one.state = 'removed';
        }
      });
      // One stands still in the middle, so that there is always half a file to find.
      const half = server.beginUpload();
      await Promise.all([reached, expect.poll(onDisk).toContainEqual(expect.stringMatching(/\.part$/))]);
      await kill();
      half.destroy();
      await Promise.all(uploading);
      expect(onDisk()).toContainEqual(expect.stringMatching(/\.part$/));

      server = await start(folder, file);
      const found = new Map<string, Buffer>();
      for (const sid of onDisk()) {
        const content = await server.ask('GET', `${server.media}/${sid}/Content`);
        expect([sid, content.status]).toEqual([sid, 200]);
        found.set(sid, Buffer.from(await content.arrayBuffer()));
      }
      for (const [sid, { bytes, state }] of known) {
        if (state === 'kept') expect(found.get(sid)?.equals(bytes), `${sid} is whole`).toBe(true);
        if (state === 'removed') expect(found.has(sid), `${sid} is gone`).toBe(false);
        if (state !== 'unsure') continue;
        if (found.has(sid)) expect(found.get(sid)?.equals(bytes)).toBe(true);
        known.delete(sid);
      }
    }
  },
  120_000,
);

/** Undefined when the answer was cut off. */
const sidIn = (response: Response | undefined): Promise<{ sid: string } | undefined> =>
  response?.json().then(
    (body) => body as { sid: string },
    () => undefined,
  ) ?? Promise.resolve(undefined);

const bytesOf = (random: Random): Buffer =>
  Buffer.alloc(
    random.weighted({ small: 2, large: 1 }) === 'small'
      ? random.between(1, 2_000)
      : random.between(1, 400_000),
    `${random.between(0, 1_000_000)} `,
  );

async function start(folder: string, file: string) {
  const { child, exit, started, lines, complaints } = startProcess(
    ['--port', '0', '--data', file, '--json'],
    folder,
  );
  await started;
  const [line] = lines;
  if (line === undefined) throw new Error(`The emulator did not start: ${complaints()}`);
  const { restUrl, accountSid, authToken, serviceSid } = JSON.parse(line) as Credentials & {
    restUrl: string;
  };
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const media = `/mcs/v1/Services/${serviceSid}/Media`;
  return {
    child,
    exit,
    media,
    ask: (method: string, path: string, body?: Buffer | URLSearchParams): Promise<Response> =>
      fetch(restUrl + path, {
        ...{ method, headers: { authorization } },
        ...(body !== undefined && { body }),
      }),
    beginUpload() {
      const socket = connect(Number(new URL(restUrl).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        `POST ${media} HTTP/1.1\r\nHost: ${new URL(restUrl).host}\r\nAuthorization: ${authorization}\r\n` +
          'Content-Length: 10000\r\n\r\nhalf',
      );
      return socket;
    },
  };
}
