import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContentTemplateVariable, type Message } from '@twilio/conversations';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seedTemplates } from '../content/seed-templates.js';
import { openRawClient } from './raw-client.js';
import { next, type Service, shareConversation, startService } from './service.js';

const sidOf = (name: string): string =>
  seedTemplates.find(({ friendly_name }) => friendly_name === name)!.sid;

async function post(service: Service, sid: string, form: Record<string, string>): Promise<Response> {
  const { accountSid, authToken } = service.credentials;
  return fetch(`${service.restUrl}/v1/Conversations/${sid}/Messages`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    body: new URLSearchParams(form),
  });
}

describe('content templates with the official SDK', () => {
  it('are listed, one of each type', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const templates = await alice.getContentTemplates();
    const types = templates.map(({ variants }) => [...variants.values()].map(({ type }) => type));
    expect(types.flat()).toEqual(['text', 'media', 'quickReply', 'callToAction', 'listPicker', 'card']);
    expect(templates[0]).toMatchObject({
      sid: sidOf('greeting'),
      friendlyName: 'greeting',
      variables: [{ name: '1', value: 'there' }],
    });
  });

  it('are listed to the end when there are more than a page of them, from a file of one’s own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'templates-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const many = Array.from({ length: 230 }, (_, place) => ({
      ...seedTemplates[0]!,
      sid: `HX${String(place).padStart(32, '0')}`,
    }));
    const file = join(folder, 'templates.json');
    writeFileSync(file, JSON.stringify(many));
    const service = await startService({ templates: file });
    const alice = await service.connect('alice');
    const templates = await alice.getContentTemplates();
    expect(templates.map(({ sid }) => sid)).toEqual(many.map(({ sid }) => sid));
    writeFileSync(file, '[1]');
    await expect(startService({ templates: file })).rejects.toMatchObject({ code: 'invalid_option' });
  });

  it('come with a message, filled in, and are what its content data are', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const heard = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await mine!
      .prepareMessage()
      .setContentTemplate(sidOf('order_status'), [new ContentTemplateVariable('order', '7')])
      .build()
      .send();
    const message = await heard;
    expect(message).toMatchObject({
      ...{ contentSid: sidOf('order_status'), body: 'Order 7 is on its way.', type: 'text' },
    });
    expect(await message.getContentData()).toMatchObject({
      type: 'callToAction',
      body: 'Order 7 is on its way.',
      actions: [
        { type: 'url', title: 'Track it', url: 'https://example.com/orders/7' },
        { type: 'phone', title: 'Call us', phone: '+15005550001' },
      ],
    });
  });

  it('of every type are read back after REST has sent them', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    await mine!.sendMessage('of its own words');
    for (const { sid } of seedTemplates) {
      const reply = await post(service, mine!.sid, { ContentSid: sid });
      expect([reply.status, ((await reply.json()) as { content_sid: string }).content_sid]).toEqual([
        201,
        sid,
      ]);
    }
    const [plain, ...rich] = (await mine!.getMessages()).items;
    expect(await plain!.getContentData()).toBeNull();
    const templates = await alice.getContentTemplates();
    const greeting = await rich[0]!.getContentData();
    expect(greeting).toMatchObject({ type: 'text', body: 'Hello there, how can we help?' });
    const found = await Promise.all(rich.map(async (message) => (await message.getContentData())!.type));
    expect(found).toEqual(
      templates.flatMap(({ variants }) => [...variants.values()]).map(({ type }) => type),
    );
  });

  it('are refused when there is none, or with variables that are not texts', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const raw = await openRawClient(service);
    await raw.init('alice');
    const path = `/Client/v2/Conversations/${mine!.sid}/Messages`;
    const content_sid = sidOf('greeting');
    for (const [body, sentence] of [
      [{ content_sid: `HX${'f'.repeat(32)}` }, 'there is no content template'],
      [{ content_sid, content_variables: '{"1":2}' }, 'content_variables is not a JSON object'],
      [{ content_sid, content_variables: 'x' }, 'content_variables is not a JSON object'],
      [{ content_variables: '{}' }, 'content_variables need a content_sid'],
      [{ content_sid, body: 'and this' }, 'not both'],
      [{ content_sid: 5 }, 'content_sid is not a string'],
    ] as const) {
      const { httpStatus, body: answer } = await raw.request('POST', path, body);
      expect([httpStatus, (answer as { message: string }).message]).toEqual([
        400,
        expect.stringContaining(sentence),
      ]);
    }
    const reply = await post(service, mine!.sid, { ContentSid: content_sid, ContentVariables: '[]' });
    expect([reply.status, ((await reply.json()) as { message: string }).message]).toEqual([
      400,
      expect.stringContaining('ContentVariables is not a JSON object'),
    ]);
    expect(await mine!.getMessagesCount()).toBe(0);
  });
});
