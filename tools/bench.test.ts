import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.dirname(import.meta.dirname);

interface Report {
  scenes: Record<string, { medians: Record<string, Record<string, number>> }>;
}

describe('the bench', () => {
  it('plays every scene with both servers, and loses nothing', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(root, 'bench/emulator/run.mjs'), '--small'],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { scenes } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
    expect(Object.keys(scenes)).toEqual(['acknowledged', 'fanOut', 'paging', 'storm', 'openSockets']);
    for (const { medians } of Object.values(scenes)) {
      expect(Object.keys(medians)).toEqual(['emulator', 'bare ws']);
      for (const figures of Object.values(medians)) {
        expect(figures.missing).toBe(0);
        for (const figure of Object.values(figures)) expect(figure).toEqual(expect.any(Number));
      }
    }
    expect(scenes.openSockets?.medians.emulator?.open).toBe(20);
  });
});

describe('the bench of the token service', () => {
  it('plays every scene with both signers, serves every valid call and lets no invalid one in', {
    timeout: 60_000,
  }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(root, 'bench/token/run.mjs'), '--small'],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { scenes } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
    expect(Object.keys(scenes)).toEqual(['signing', 'fullLoad', 'underFlood']);
    for (const { medians } of Object.values(scenes)) {
      expect(Object.keys(medians)).toEqual(['ours', 'official helper']);
      for (const figures of Object.values(medians)) {
        expect(figures.failed ?? 0).toBe(0);
        for (const figure of Object.values(figures)) expect(figure).toEqual(expect.any(Number));
      }
    }
    for (const figures of Object.values(scenes.underFlood?.medians ?? {})) {
      expect(figures.letIn).toBe(0);
      expect(figures.invalidPerSecond).toBeGreaterThan(0);
    }
  });
});
