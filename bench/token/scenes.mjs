import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { checkToken, makeVisitors, tokenCall } from './visitors.mjs';

/** @typedef {{ url: string, apiKeySecret: string, usage: () => Promise<import('../start-child.mjs').Usage> }} Subject */

/**
 * The signer alone, in a process of its own.
 *
 * @param {string[]} args whose signer @param {{ seconds: number }} size
 */
export async function signing([signer = 'ours'], { seconds }) {
  return JSON.parse(await output('signing.mjs', [signer, `${seconds}`]));
}

/**
 * As many valid calls as the service answers, each connection with one under way.
 *
 * @param {Subject} subject @param {{ connections: number, warmUp: number, seconds: number }} size
 */
export async function fullLoad(subject, { connections, warmUp, seconds }) {
  const visitors = makeVisitors(256);
  await checkOne(subject, visitors[0]);
  const fire = async (duration) => {
    const times = [];
    let failed = 0;
    const run = autocannon({
      url: subject.url,
      connections,
      duration,
      requests: visitors.map((visitor) => tokenCall(visitor)),
      verifyBody: (body) => body.includes('"token":"eyJ'),
    });
    run.on('response', (_client, status, _bytes, milliseconds) => {
      if (status !== 200) failed += 1;
      times.push(milliseconds);
    });
    const { errors, mismatches, duration: took } = await run;
    return { times, failed: failed + errors + mismatches, took };
  };
  await fire(warmUp);
  const before = await subject.usage();
  const { times, failed, took } = await fire(seconds);
  const { cpuMicroseconds } = await subject.usage();
  return {
    requestsPerSecond: times.length / took,
    ...percentiles(times),
    serverMicrosecondsPerRequest: (cpuMicroseconds - before.cpuMicroseconds) / times.length,
    failed,
  };
}

/**
 * Valid calls at a steady pace while another process throws invalid ones as fast as it can. Times count from when a
 * call was due, so that a service which stalls is not asked less.
 *
 * @param {Subject} subject
 * @param {{ floodConnections: number, warmUp: number, seconds: number, perSecond: number }} size
 */
export async function underFlood(subject, { floodConnections, warmUp, seconds, perSecond }) {
  const visitors = makeVisitors(256);
  await checkOne(subject, visitors[0]);
  const flood = output('flood.mjs', [subject.url, `${warmUp + seconds + 1}`, `${floodConnections}`]);
  // Heard of below, when the valid calls are done.
  flood.catch(() => {});
  await sleep(warmUp * 1000);

  const agent = new Agent({ keepAlive: true });
  const began = performance.now();
  const times = [];
  let failed = 0;
  const calls = [];
  for (let index = 0; index < seconds * perSecond; index += 1) {
    const due = began + (index * 1000) / perSecond;
    await sleep(Math.max(0, due - performance.now()));
    const visitor = visitors[index % visitors.length];
    calls.push(
      ask(subject.url, agent, visitor).then(
        ({ status }) => {
          times.push(performance.now() - due);
          if (status !== 200) failed += 1;
        },
        () => {
          failed += 1;
        },
      ),
    );
  }
  await Promise.all(calls);
  const took = (performance.now() - began) / 1000;
  agent.destroy();
  const { invalidPerSecond, letIn } = JSON.parse(await flood);
  return {
    invalidPerSecond,
    validPerSecond: times.length / took,
    ...percentiles(times),
    failed,
    letIn,
  };
}

/** What a script of this folder writes to its standard output. @param {string} script @param {string[]} args */
async function output(script, args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const said = await text(child.stdout);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
  return said;
}

async function checkOne({ url, apiKeySecret }, visitor) {
  const { status, body } = await ask(url, undefined, visitor);
  if (status !== 200) throw new Error(`A valid call was answered with ${status}: ${body}`);
  checkToken(JSON.parse(body).token, visitor.identity, apiKeySecret);
}

function ask(url, agent, visitor) {
  const { path, method, headers, body } = tokenCall(visitor);
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, url), { method, headers, agent }, async (response) => {
      try {
        resolve({ status: response.statusCode, body: await text(response) });
      } catch (error) {
        reject(error);
      }
    });
    call.on('error', reject);
    call.end(body);
  });
}

function percentiles(times) {
  const sorted = times.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Milliseconds: at(0.5), p99Milliseconds: at(0.99) };
}
