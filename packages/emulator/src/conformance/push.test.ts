import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, UserUpdatedEventArgs } from '@twilio/conversations';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openRawClient } from './raw-client.js';
import { next, type Service, shareConversation, startService } from './service.js';

const path = '/v1/registrations';
const registration = (over: object = {}) => ({
  ...{ endpoint_platform: 'JS', channel_type: 'fcm', version: '3' },
  message_types: ['twilio.conversations.new_message'],
  data: { registration_id: 'device-1' },
  ...over,
});

function rest(service: Service, below: string, form?: Record<string, string>): Promise<Response> {
  const { accountSid, authToken, serviceSid } = service.credentials;
  return fetch(`${service.restUrl}/v1/Services/${serviceSid}/${below}`, {
    headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
  });
}

async function bindings(service: Service, query = ''): Promise<{ sid: string; identity: string }[]> {
  const body = (await (await rest(service, `Bindings${query}`)).json()) as {
    bindings: { sid: string; identity: string }[];
  };
  return body.bindings;
}

describe('push registrations with the official SDK', () => {
  it('are kept once for each app, listed over REST, and removed again', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    await alice.setPushRegistrationId('fcm', 'device-1');
    await bob.setPushRegistrationId('apn', 'device-2');
    const kept = await bindings(service);
    expect(kept).toMatchObject([
      { identity: 'alice', endpoint: 'device-1', binding_type: 'fcm', credential_sid: null },
      { identity: 'bob', endpoint: 'device-2', binding_type: 'apn' },
    ]);
    expect(await bindings(service, '?Identity=bob')).toEqual(kept.slice(1));
    expect(await bindings(service, '?Identity=bob&BindingType=fcm')).toEqual([]);

    // The SDK takes a registration it changes away before it makes the new one.
    await alice.setPushRegistrationId('fcm', 'device-3');
    expect(await bindings(service, '?Identity=alice')).toMatchObject([{ endpoint: 'device-3' }]);
    await alice.removePushRegistrations('fcm', 'device-3');
    expect(await bindings(service)).toEqual(kept.slice(1));
  });

  it('are told of messages, except the author and who has muted the conversation', async () => {
    const log: string[] = [];
    const service = await startService({ log: (line) => void log.push(line) });
    const names = ['alice', 'bob', 'carol', 'dave'];
    const clients = await Promise.all(names.map((name) => service.connect(name)));
    const [alice, bob, carol] = clients as [Client, Client, Client];
    const raw = await openRawClient(service);
    await raw.init('bob');
    for (const id of ['device-2', 'device-3']) {
      await raw.request('POST', path, registration({ data: { registration_id: id } }));
    }
    for (const client of [alice, carol]) await client.setPushRegistrationId('fcm', client.user.identity);
    const views = await shareConversation(alice, bob, carol, clients[3]!);
    const { sid } = views[0]!;
    // Of bob's two, neither wants to hear of that.
    expect(log).toEqual([`Push added_to_conversation of ${sid} would go to carol (registrations: 1)`]);
    await views[2]!.setUserNotificationLevel('muted');
    await views[0]!.sendMessage('secret words');
    expect(log.slice(1)).toEqual([`Push new_message of ${sid} would go to bob (registrations: 2)`]);
    await views[0]!.removeParticipant('carol');
    expect(log.slice(2)).toEqual([
      `Push removed_from_conversation of ${sid} would go to carol (registrations: 1)`,
    ]);

    const { accountSid, authToken } = service.credentials;
    const reply = await fetch(`${service.restUrl}/_emulator/log`, {
      headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    });
    const journal = await reply.text();
    expect(journal).not.toContain('secret words');
    const pushes = journal.split('\n').filter((line) => line.includes('"push"'));
    expect(pushes.map((line) => JSON.parse(line))[1]).toMatchObject({
      ...{ direction: 'out', identity: 'bob', push: 'new_message', conversation: sid, registrations: 2 },
    });
  });

  it('belong to their identity, and are refused when something is missing', async () => {
    const service = await startService();
    const [alice, mallory] = [await openRawClient(service), await openRawClient(service)];
    await alice.init('alice');
    await mallory.init('mallory');
    const first = await alice.request('POST', path, registration());
    const again = await alice.request('POST', path, registration());
    expect(first).toMatchObject({ httpStatus: 201, body: { id: expect.stringMatching(/^BS/) } });
    expect(again.body).toEqual(first.body);
    const { id } = first.body as { id: string };
    expect((await mallory.request('DELETE', `${path}/${id}`, {})).httpStatus).toBe(404);
    await mallory.request('DELETE', path, { binding_type: 'fcm', address: 'device-1' });
    expect(await bindings(service)).toMatchObject([{ sid: id, identity: 'alice' }]);

    const wrong = [
      registration({ channel_type: 'twilsock' }),
      registration({ data: {} }),
      registration({ data: { registration_id: '' } }),
      registration({ data: { registration_id: 'x'.repeat(5000) } }),
      registration({ data: { registration_id: 'half \ud800' } }),
      registration({ endpoint_platform: '' }),
      registration({ message_types: 'all' }),
      registration({ message_types: [''] }),
      registration({ message_types: [1] }),
      [],
    ];
    for (const body of wrong) {
      expect(await alice.request('POST', path, body)).toMatchObject({
        httpStatus: 400,
        body: { code: 20001 },
      });
    }
    expect((await alice.request('DELETE', path, { address: 'device-1' })).httpStatus).toBe(400);
    const other = registration({ data: { registration_id: 'device-9' } });
    await alice.request('POST', path, other);
    expect((await alice.request('DELETE', `${path}/${id}`, {})).httpStatus).toBe(204);
    expect(await bindings(service)).toMatchObject([{ identity: 'alice', endpoint: 'device-9' }]);
  });
});

describe('reachability with the official SDK', () => {
  const reachable = ({ updateReasons }: UserUpdatedEventArgs) =>
    updateReasons.includes('reachabilityOnline') || updateReasons.includes('reachabilityNotifiable');

  it('says who comes, who goes, and who can be notified', async () => {
    const service = await startService();
    await rest(service, 'Configuration', { ReachabilityEnabled: 'true' });
    const alice = await service.connect('alice');
    expect(alice.reachabilityEnabled).toBe(true);
    expect(alice.user.isOnline).toBe(true);
    const tabs = [await service.connect('bob'), await service.connect('bob')];
    const bob = await alice.getUser('bob');
    expect(bob).toMatchObject({ isOnline: true, isNotifiable: false });

    const heard = () =>
      next<UserUpdatedEventArgs>('user updated', (hear) => bob.on('updated', hear), reachable);
    const notifiable = heard();
    await tabs[0]!.setPushRegistrationId('fcm', 'device');
    await notifiable;
    expect(bob).toMatchObject({ isOnline: true, isNotifiable: true });

    const gone = heard();
    await tabs[0]!.shutdown();
    await tabs[1]!.shutdown();
    expect((await gone).updateReasons).toContain('reachabilityOnline');
    expect(bob).toMatchObject({ isOnline: false, isNotifiable: true });
    expect(await (await rest(service, 'Users/bob')).json()).toMatchObject({
      ...{ is_online: false, is_notifiable: true },
    });
  });

  it('lasts until the last socket has gone', async () => {
    const service = await startService();
    await rest(service, 'Configuration', { ReachabilityEnabled: 'true' });
    const [first, second] = [await openRawClient(service), await openRawClient(service)];
    for (const socket of [first, second]) await socket.init('bob');
    first.socket.close();
    await first.closed;
    const known = async () => (await (await rest(service, 'Users/bob')).json()) as { is_online: boolean };
    await known();
    expect(await known()).toMatchObject({ is_online: true });
    second.socket.close();
    await vi.waitFor(async () => expect(await known()).toMatchObject({ is_online: false }));
  });

  it('is nobody’s business, and costs nothing, while it is off', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    expect(alice.reachabilityEnabled).toBe(false);
    expect(alice.user.isOnline).toBeNull();
    expect(await (await rest(service, 'Users/alice')).json()).toMatchObject({ is_online: null });
    // What was not kept is not known afterwards: the socket that is open counts from its next opening.
    await rest(service, 'Configuration', { ReachabilityEnabled: 'true' });
    expect(await (await rest(service, 'Users/alice')).json()).toMatchObject({ is_online: false });
  });

  it('forgets who was online when it is switched off, and knows apps that registered meanwhile', async () => {
    const service = await startService();
    const enable = (on: boolean) => rest(service, 'Configuration', { ReachabilityEnabled: String(on) });
    await enable(true);
    const raw = await openRawClient(service);
    await raw.init('bob');
    await enable(false);
    raw.socket.close();
    await raw.closed;
    const later = await openRawClient(service);
    await later.init('carol');
    await later.request('POST', path, registration());
    await enable(true);
    expect(await (await rest(service, 'Users/bob')).json()).toMatchObject({ is_online: false });
    expect(await (await rest(service, 'Users/carol')).json()).toMatchObject({ is_notifiable: true });
    const alice = await service.connect('alice');
    expect(await alice.getUser('bob')).toMatchObject({ isOnline: false });
  });

  it('finds nobody online after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reachability-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const data = join(folder, 'emulator.sqlite');
    const first = await startService({ data });
    await rest(first, 'Configuration', { ReachabilityEnabled: 'true' });
    const raw = await openRawClient(first);
    await raw.init('alice');
    expect(await (await rest(first, 'Users/alice')).json()).toMatchObject({ is_online: true });
    await first.close();
    const second = await startService({ data });
    expect(await (await rest(second, 'Users/alice')).json()).toMatchObject({ is_online: false });
  });
});
