import { describe, expect, it } from 'vitest';
import { runCli } from './run.js';
import { recordedIo } from './testing/emulated.js';

describe('the command line', () => {
  it('lists its commands on --help', async () => {
    const io = recordedIo();
    expect(await runCli(['--help'], io)).toBe(0);
    expect(io.said.join('\n')).toMatch(/ {2}dev +runs the whole chat/);
  });

  it.each(['--help', '-h'])('explains one command on %s', async (help) => {
    const io = recordedIo();
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
    const io = recordedIo();
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
    const io = recordedIo({ [name]: value });
    expect(await runCli(['dev'], io)).toBe(2);
    expect(io.complained[0]).toMatch(
      new RegExp(`^${name} is "${value}"; it must be a port number from 1 to 65535\\.`),
    );
  });

  it('refuses an origin that is none', async () => {
    const io = recordedIo();
    expect(await runCli(['dev', '--origin', 'localhost:5173'], io)).toBe(2);
    expect(io.complained[0]).toMatch(/^--origin is "localhost:5173"; it must be exactly scheme/);
  });

  it('tells an error that nobody foresaw by its sentence, without what it holds', async () => {
    const io = recordedIo();
    const unforeseen = Object.assign(new Error('The disk is full.'), { auth: 'geheim' });
    Object.defineProperty(io, 'env', {
      get() {
        throw unforeseen;
      },
    });
    expect(await runCli(['webhooks'], io)).toBe(1);
    expect(io.complained).toEqual(['That went wrong in a way nobody foresaw: The disk is full.']);
  });

  it('refuses one port for both', async () => {
    const io = recordedIo({ PORT: '4010' });
    expect(await runCli(['dev'], io)).toBe(2);
    expect(io.complained[0]).toMatch(/^PORT and EMULATOR_PORT are both 4010; they must differ\./);
  });
});
