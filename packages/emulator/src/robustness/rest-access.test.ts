import { describe, expect, it } from 'vitest';
import { isObject } from '../json.js';
import type { Route } from '../rest/call.js';
import { routes } from '../rest/routes.js';
import { helperFor, startForTest } from '../testing/start.js';

/** Everything that a path can name, and each of it exists: a refusal is never the answer to a wrong name. */
async function build() {
  const started = await startForTest();
  const { credentials, restUrl } = started.emulator;
  const { v1 } = helperFor(started).conversations;
  const room = await v1.conversations.create({ uniqueName: 'room' });
  const { participants, messages, webhooks } = v1.conversations(room.sid);
  const participant = await participants.create({ identity: 'alice' });
  const message = await messages.create({ author: 'alice', body: 'secret' });
  const webhook = await webhooks.create({
    target: 'webhook',
    ...{ 'configuration.url': 'http://127.0.0.1:9/', 'configuration.filters': ['onMessageAdded'] },
  });
  const role = await v1.roles.create({
    friendlyName: 'x',
    type: 'conversation',
    permission: ['sendMessage'],
  });
  const names: Record<string, string> = {
    ...{ service: credentials.serviceSid, conversation: room.sid, participant: participant.sid },
    ...{ message: message.sid, webhook: webhook.sid, user: 'alice', role: role.sid },
    ...{ receipt: `DY${'0'.repeat(32)}`, binding: `BS${'0'.repeat(32)}` },
  };
  const ask = async (
    { method, path }: Pick<Route, 'method' | 'path'>,
    authorization: string,
    service?: string,
  ) => {
    const where = path.replace(/:(\w+)/g, (_, name: string) => {
      const value = name === 'service' && service !== undefined ? service : names[name];
      if (value === undefined) throw new Error(`Nothing here stands for :${name} of ${path}; add it`);
      return value;
    });
    const response = await fetch(restUrl + where, {
      method,
      headers: { authorization },
      ...(method === 'POST' && { body: new URLSearchParams({ FriendlyName: 'x' }) }),
    });
    const body: unknown = await response.json().catch(() => null);
    return [response.status, isObject(body) && body.code];
  };
  const look = async () =>
    JSON.stringify([
      await v1.conversations(room.sid).fetch(),
      ...[await participants.list(), await messages.list(), await webhooks.list(), await v1.roles.list()],
      await v1.users.list(),
    ]);
  return { credentials, ask, look };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('every REST route', () => {
  it('refuses wrong credentials, whatever is asked, and changes nothing', async () => {
    const { credentials, ask, look } = await build();
    const { accountSid, authToken, apiKeySid, apiKeySecret } = credentials;
    const before = await look();
    const wrong = [
      '',
      'Basic',
      'Basic !',
      basic(accountSid, ''),
      basic(accountSid, `${authToken}x`),
      basic(accountSid, authToken.slice(1)),
      basic(`AC${'0'.repeat(32)}`, authToken),
      basic(accountSid, apiKeySecret),
      basic(apiKeySid, authToken),
      `Bearer ${authToken}`,
    ];
    const met: unknown[] = [];
    for (const route of routes) {
      for (const authorization of wrong) {
        const answer = await ask(route, authorization);
        met.push([route.method, route.path, authorization, ...answer]);
      }
    }
    expect(met).toEqual(
      routes.flatMap(({ method, path }) => wrong.map((one) => [method, path, one, 401, 20003])),
    );
    expect(await look()).toBe(before);
  });

  it('knows no other service than its own', async () => {
    const { credentials, ask, look } = await build();
    const before = await look();
    const authorization = basic(credentials.accountSid, credentials.authToken);
    const ofService = routes.filter(({ path }) => path.includes(':service'));
    expect(ofService.length).toBeGreaterThan(20);
    for (const route of ofService) {
      const answer = await ask(route, authorization, `IS${'0'.repeat(32)}`);
      expect([route.method, route.path, ...answer]).toEqual([route.method, route.path, 404, 20404]);
    }
    expect(await look()).toBe(before);
  });
});
