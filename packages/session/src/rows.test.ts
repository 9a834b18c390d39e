import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = dirname(fileURLToPath(import.meta.url));
const places = [source, join(source, '../../../e2e')];
const texts = places
  .flatMap((place) =>
    readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => join(place, name)),
  )
  .filter(
    (name) => name.endsWith('.test.ts') && !name.includes('node_modules') && !name.endsWith('rows.test.ts'),
  )
  .map((name) => readFileSync(name, 'utf8'));

// Faults of the network, of the token service, and of conversations that a chat must live through, by the names that
// the project's catalogue of tests gives them.
test.each([
  ['N', [1, 4, 5, 6, 7, 8, 10, 11, 12, 14, 15, 17, 18]],
  ['T', [1, 2, 3, 5, 7, 8, 9, 17]],
  ['V', [1, 3, 5, 6, 7, 9, 10]],
])('each fault %s has a test that begins with its name', (kind, numbers) => {
  const missing = numbers.filter((number) => {
    const name = new RegExp(`['"\`]${kind}${number}(?:, [NTV]\\d+)*: `);
    return !texts.some((text) => name.test(text));
  });
  expect(missing).toEqual([]);
});
