import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import twilio from 'twilio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CommandIo, runCommand } from './command.js';
import { startForTest } from './testing/start.js';
import { startProcess } from './testing/start-process.js';

function run(argv: string[], env: CommandIo['env'] = {}) {
  const printed: string[] = [];
  const complained: string[] = [];
  let ask = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  let started = () => {};
  const start = new Promise<void>((resolve) => {
    started = resolve;
  });
  const code = runCommand(argv, {
    env,
    print(text) {
      printed.push(text);
      started();
    },
    complain: (text) => void complained.push(text),
    untilAsked: () => asked,
  });
  return { printed, complained, start, ask, code };
}

describe('the command', () => {
  it('prints one line of JSON, serves, and ends when asked', async () => {
    const command = run(['--port', '0', '--data', ':memory:', '--json']);
    await command.start;
    const answer = JSON.parse(command.printed[0]!) as Record<string, string>;
    expect(Object.keys(answer)).toEqual([
      ...['restUrl', 'wsUrl', 'accountSid', 'authToken', 'apiKeySid', 'apiKeySecret', 'serviceSid'],
    ]);
    const client = twilio(answer.accountSid, answer.authToken);
    client.conversations.baseUrl = answer.restUrl!;
    expect(await client.conversations.v1.conversations.list()).toEqual([]);
    command.ask();
    expect(await command.code).toBe(0);
    expect(command.printed).toHaveLength(1);
    await expect(fetch(answer.restUrl!)).rejects.toThrow();
  });

  it('prints readable lines without --json', async () => {
    const command = run(['--port', '0', '--data', ':memory:']);
    await command.start;
    command.ask();
    expect(await command.code).toBe(0);
    expect(command.printed.join('\n')).toMatch(/REST\s+http:\/\/127\.0\.0\.1:\d+\n/);
  });

  it('explains itself when asked', async () => {
    const command = run(['--help']);
    expect(await command.code).toBe(0);
    expect(command.printed[0]).toContain('--data FILE');
  });

  it('refuses flags that it does not have, with a sentence and exit code 2', async () => {
    for (const [argv, env, sentence] of [
      [['--prot', '1'], {}, "Unknown option '--prot'"],
      [['--port', 'x'], {}, '--port must be a port from 0 to 65535, not "x"'],
      [['--port', '70000'], {}, '--port must be a port'],
      [['--port'], {}, '--port'],
      [[], { EMULATOR_PORT: 'x' }, 'EMULATOR_PORT must be a port'],
      [['extra'], {}, 'extra'],
    ] as const) {
      const command = run([...argv], env);
      expect(await command.code).toBe(2);
      expect(command.complained.join()).toContain(sentence);
      expect(command.printed).toEqual([]);
    }
  });

  it('says that a port is taken', async () => {
    const { emulator } = await startForTest();
    const { port } = new URL(emulator.restUrl);
    const command = run(['--data', ':memory:'], { EMULATOR_PORT: port });
    expect(await command.code).toBe(1);
    expect(command.complained).toEqual([
      `Port ${port} is already in use by another program. End that program, or choose another port with --port.`,
    ]);
  });

  it('takes content templates of one’s own, and says what is wrong with them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'templates.json');
    const flags = ['--port', '0', '--data', ':memory:', '--json', '--templates', file];
    const missing = run(flags);
    expect(await missing.code).toBe(1);
    expect(missing.complained.join()).toMatch(/^templates: ENOENT.*templates\.json/);

    const template = {
      sid: `HX${'a'.repeat(32)}`,
      friendly_name: 'own',
      types: { 'twilio/text': { body: 'Hi!' } },
    };
    await writeFile(file, JSON.stringify([template, { ...template, sid: 'HX1' }]));
    const wrong = run(flags);
    expect(await wrong.code).toBe(1);
    expect(wrong.complained).toEqual(['templates: content template 2: sid is HX and 32 hex digits']);

    await writeFile(file, JSON.stringify([template]));
    const command = run(flags);
    await command.start;
    const { accountSid, authToken, restUrl } = JSON.parse(command.printed[0]!) as Record<string, string>;
    const client = twilio(accountSid, authToken);
    client.conversations.baseUrl = restUrl!;
    const { sid } = await client.conversations.v1.conversations.create({});
    const { messages } = client.conversations.v1.conversations(sid);
    expect((await messages.create({ contentSid: template.sid })).body).toBe('Hi!');
    command.ask();
    expect(await command.code).toBe(0);
  });

  it('runs as a process that ends on SIGTERM', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { child, lines, complaints, started, exit } = startProcess(['--port', '0', '--json'], folder);
    onTestFinished(() => void child.kill('SIGKILL'));
    await started;
    expect(complaints()).toBe('');
    const { restUrl } = JSON.parse(lines[0]!) as { restUrl: string };
    expect((await fetch(`${restUrl}/v1/Conversations`)).status).toBe(401);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(lines).toHaveLength(1);
  }, 30_000);
});
