import { afterAll, beforeAll, expect, test } from 'vitest';
import { testEnvironment } from '../testing/environment.js';
import { startRedis } from '../testing/redis-server.js';
import { type ServerProgram, serverProgram } from '../testing/server-process.js';
import { newVisitor } from '../testing/visitor.js';

let program: ServerProgram;
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  program = await serverProgram();
}, 60_000);
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  program.remove();
});

test('two servers share their limits, go on by themselves while Redis is away, and share them again', async () => {
  const redis = await startRedis();
  stops.push(() => redis.kill());
  const env = testEnvironment({ redisUrl: redis.url });
  const servers = [program.start(env), program.start(env)] as const;
  for (const { child, exit } of servers) {
    stops.push(() => {
      child.kill('SIGKILL');
      return exit;
    });
  }
  const [one, other] = [await servers[0].listening, await servers[1].listening];

  async function granted(url: string, calls: number): Promise<number> {
    let tokens = 0;
    for (let call = 0; call < calls; call += 1) {
      const { identity, proof } = await newVisitor();
      const { status } = await fetch(`${url}/chat-widget?identity=${identity}`, {
        method: 'POST',
        headers: { origin: 'https://shop.example' },
        body: new URLSearchParams({ proof }),
      });
      expect([200, 429]).toContain(status);
      if (status === 200) tokens += 1;
    }
    return tokens;
  }
  const redisAt = async (url: string) =>
    ((await (await fetch(`${url}/readyz`)).json()) as { redis: string }).redis;
  const bothSay = (state: string) =>
    expect
      .poll(async () => [await redisAt(one), await redisAt(other)], { timeout: 10_000 })
      .toEqual([state, state]);

  // A burst is 40; a server by itself would let 30 of 30 in. What seconds bring back leaves room for slow machines.
  const shared = (await granted(one, 30)) + (await granted(other, 30));
  expect(shared).toBeGreaterThanOrEqual(40);
  expect(shared).toBeLessThan(50);

  await redis.kill();
  await bothSay('away');
  for (const url of [one, other]) {
    const alone = await granted(url, 60);
    expect(alone).toBeGreaterThanOrEqual(40);
    expect(alone).toBeLessThan(50);
  }

  const again = await startRedis(redis.port);
  stops.push(() => again.kill());
  await bothSay('up');
  const sharedAgain = (await granted(one, 30)) + (await granted(other, 30));
  expect(sharedAgain).toBeGreaterThanOrEqual(40);
  expect(sharedAgain).toBeLessThan(50);

  for (const { child, exit, output } of servers) {
    expect(output().match(/Redis is away/g)).toHaveLength(1);
    expect(output().match(/Redis is back/g)).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  }
}, 60_000);
