import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseBot } from './choose-bot.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bots-'));
  const write = (name: string, text: string) => writeFile(join(cwd, name), text);
  await write(
    'parrot.mjs',
    `export default { identity: 'parrot', onMessageAdded: (message) => message.body };`,
  );
  await write(
    'visitor.mjs',
    `export default { identity: '00000000-0000-8000-8000-000000000000', onMessageAdded() {} };`,
  );
  await write('mute.mjs', `export default { identity: 'mute' };`);
  await write('empty.mjs', '');
  await write('broken.mjs', 'export default {');
  await write('throws.mjs', `throw 'nothing that anybody expects';`);
});
afterAll(() => rm(cwd, { recursive: true }));

const choose = (BOT?: string) => chooseBot({ env: { BOT }, cwd });

test('nobody answers where nothing is said, or none', async () => {
  expect(await choose()).toEqual({ ok: true });
  expect(await choose(' ')).toEqual({ ok: true });
  expect(await choose('none')).toEqual({ ok: true });
});

test('a bot that comes with the service is called by its name', async () => {
  expect(await choose('shop')).toMatchObject({ ok: true, bot: { identity: 'shop-bot' } });
});

test('a bot of one’s own is called by its module’s path', async () => {
  expect(await choose('./parrot.mjs')).toMatchObject({ ok: true, bot: { identity: 'parrot' } });
  expect(await choose(join(cwd, 'parrot.mjs'))).toMatchObject({ ok: true, bot: { identity: 'parrot' } });
});

test.each([
  ['constructor', 'is neither'],
  ['parrot.mjs', 'is neither'],
  ['./nowhere.mjs', 'cannot be used: Cannot find module'],
  ['./empty.mjs', 'default export is no bot'],
  ['./mute.mjs', 'no function onMessageAdded'],
  ['./visitor.mjs', "shape of a visitor's"],
  ['./broken.mjs', 'cannot be used'],
  ['./throws.mjs', 'no error'],
])('%s is refused in one line', async (choice, words) => {
  const reading = await choose(choice);
  expect(reading).toMatchObject({ ok: false, wrong: [{ variable: 'BOT' }] });
  if (!reading.ok) {
    expect(reading.wrong[0]?.problem).toContain(words);
    expect(reading.wrong[0]?.problem).not.toContain('\n');
  }
});
