import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seedTemplates } from '../content/seed-templates.js';
import { openRawClient } from './raw-client.js';
import { type Service, shareConversation, startService } from './service.js';

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
