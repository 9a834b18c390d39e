import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '@twilio/conversations';
import { expect, it, onTestFinished } from 'vitest';
import { isObject } from '../json.js';
import { helperFor } from '../testing/start.js';
import { openRawClient } from './raw-client.js';
import { next, reaches, type Service, shareConversation, startService } from './service.js';

const storageId = async (service: Service): Promise<unknown> => {
  const { header } = await (await openRawClient(service)).init('alice');
  const storage = header.offline_storage;
  return isObject(storage) && isObject(storage.ip_messaging) && storage.ip_messaging.storage_id;
};

it('finds everything again after a restart on the same file, and the browser may keep its cache', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, 'emulator.db');

  const before = await startService({ data });
  const alice = await before.connect('alice');
  const [conversation] = await shareConversation(alice);
  await conversation!.sendMessage('remember me');
  const idBefore = await storageId(before);
  await alice.shutdown();
  await before.close();

  const after = await startService({ data });
  expect(after.credentials).toEqual(before.credentials);
  const again = await after.connect('alice');
  const found = await again.getConversationBySid(conversation!.sid);
  expect((await found.getMessages()).items.map(({ body }) => body)).toEqual(['remember me']);
  expect(await found.sendMessage('and go on')).toBe(1);
  expect(await storageId(after)).toBe(idBefore);
  after.reset();
  expect(await storageId(after)).not.toBe(idBefore);
});

it('goes on with a client that stayed through a restart: what it missed arrives once, in order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, 'emulator.db');

  const before = await startService({ data });
  const alice = await before.connect('alice');
  const [conversation] = await shareConversation(alice);
  await conversation!.sendMessage('zero');
  const heard: (string | null)[] = [];
  const last = next<Message>(
    'the last message',
    (hear) =>
      conversation!.on('messageAdded', (message) => {
        if (message.index > 0) heard.push(message.body);
        hear(message);
      }),
    ({ body }) => body === 'live',
  );
  const away = reaches(alice, 'connecting');
  await before.close();
  await away;

  const back = reaches(alice, 'connected');
  const after = await startService({ data, port: Number(new URL(before.restUrl).port) });
  const { messages } = helperFor({ emulator: after }).conversations.v1.conversations(conversation!.sid);
  await messages.create({ body: 'early' });
  await back;
  await messages.create({ body: 'live' });
  await last;
  expect(heard).toEqual(['early', 'live']);
});

it('does not share a file with a second emulator', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, 'emulator.db');
  await startService({ data });
  await expect(startService({ data })).rejects.toThrow(/another emulator/);
});
