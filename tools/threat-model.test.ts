import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const text = readFileSync(path.join(root, 'docs/threat-model.md'), 'utf8');

/** Rows of controls: their number, and the tests that are named as `file` “sentence”. */
const controls = [...text.matchAll(/^\| (C\d+|E\d+) \|(.*)\|$/gm)].map(([, control, cells]) => ({
  control: control ?? '',
  cells: cells ?? '',
  proofs: [...(cells ?? '').matchAll(/`([\w./-]+\.test\.tsx?)` “([^”]+)”/g)].map(([, file, sentence]) => ({
    file: file ?? '',
    sentence: sentence ?? '',
  })),
}));

describe('the threat model', () => {
  it('numbers each control once', () => {
    const names = controls.map(({ control }) => control);
    expect(names.length).toBeGreaterThan(30);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(controls)('$control names a test that is there, or says what is open', ({ cells, proofs }) => {
    if (proofs.length === 0) expect(cells).toMatch(/\*(open|by design)\*/);
    for (const { file, sentence } of proofs) {
      expect(readFileSync(path.join(root, file), 'utf8')).toContain(sentence);
    }
  });
});
