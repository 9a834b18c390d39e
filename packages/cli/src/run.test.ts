import { describe, expect, it } from 'vitest';
import type { CommandIo } from './command-io.js';
import { runCli } from './run.js';

function recordingIo(env: CommandIo['env'] = {}): CommandIo & { said: string[]; complained: string[] } {
  const said: string[] = [];
  const complained: string[] = [];
  return {
    env,
    said,
    complained,
    print: (line) => said.push(line),
    complain: (line) => complained.push(line),
    stop: AbortSignal.abort(),
  };
}

describe('the command line', () => {
  it('lists its commands on --help', async () => {
    const io = recordingIo();
    expect(await runCli(['--help'], io)).toBe(0);
    expect(io.said.join('\n')).toMatch(/ {2}dev +runs the whole chat/);
  });

  it.each(['--help', '-h'])('explains one command on %s', async (help) => {
    const io = recordingIo();
    expect(await runCli(['dev', help], io)).toBe(0);
    expect(io.said.join('\n')).toContain('Usage: conversations-web-chat dev');
  });

  it.each([
    [[], 'No command was given.'],
    [['serve-tea'], 'There is no command "serve-tea".'],
    [['constructor'], 'There is no command "constructor".'],
    [['--colour', 'blue'], 'There is no command "--colour".'],
    [['dev', 'extra'], "Unexpected argument 'extra'."],
    [['dev', '--colour', 'blue'], "Unknown option '--colour'."],
    [['dev', '--site'], "Option '--site <value>' argument missing."],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const io = recordingIo();
    expect(await runCli(args, io)).toBe(2);
    expect(io.complained[0]).toMatch(/\n\nUsage: conversations-web-chat/);
    expect(io.complained[0]?.split('\n')[0]).toBe(sentence);
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '0'],
    ['EMULATOR_PORT', '70000'],
    ['EMULATOR_PORT', '40.5'],
    ['EMULATOR_PORT', '0x10'],
  ])('refuses %s=%s with a sentence that names it', async (name, value) => {
    const io = recordingIo({ [name]: value });
    expect(await runCli(['dev'], io)).toBe(2);
    expect(io.complained[0]).toMatch(
      new RegExp(`^${name} is "${value}"; it must be a port number from 1 to 65535\\.`),
    );
  });

  it('refuses one port for both', async () => {
    const io = recordingIo({ PORT: '4010' });
    expect(await runCli(['dev'], io)).toBe(2);
    expect(io.complained[0]).toMatch(/^PORT and EMULATOR_PORT are both 4010; they must differ\./);
  });
});
