import { describe, expect, it } from 'vitest';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('conversations below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { accountSid, serviceSid } = started.emulator.credentials;
    const root = `${started.emulator.restUrl}/v1${scope === 'service' ? `/Services/${serviceSid}` : ''}`;
    return { started, conversations, accountSid, serviceSid, root };
  }

  it('are created with the defaults of the service', async () => {
    const { conversations, accountSid, serviceSid, root } = await setUp();
    const made = await conversations.create({});
    expect(made.sid).toMatch(/^CH[0-9a-f]{32}$/);
    const url = `${root}/Conversations/${made.sid}`;
    expect(made).toMatchObject({
      accountSid,
      chatServiceSid: serviceSid,
      messagingServiceSid: expect.stringMatching(/^MG[0-9a-f]{32}$/),
      friendlyName: null,
      uniqueName: null,
      attributes: '{}',
      state: 'active',
      timers: {},
      bindings: {},
      url,
      links: {
        participants: `${url}/Participants`,
        messages: `${url}/Messages`,
        webhooks: `${url}/Webhooks`,
        export: `${url}/Export`,
      },
    });
    expect(made.dateCreated).toBeInstanceOf(Date);
  });

  it('are fetched by SID and by unique name', async () => {
    const { conversations } = await setUp();
    const made = await conversations.create({ uniqueName: 'order-7', friendlyName: 'Order 7' });
    expect((await conversations(made.sid).fetch()).uniqueName).toBe('order-7');
    expect((await conversations('order-7').fetch()).sid).toBe(made.sid);
  });

  it('are changed where something is given and left alone elsewhere', async () => {
    const { conversations } = await setUp();
    const { sid } = await conversations.create({ friendlyName: 'Before', uniqueName: 'u' });
    const attributes = '{ "order":  7 }';
    const changed = await conversations(sid).update({ attributes, state: 'inactive' });
    expect(changed).toMatchObject({ friendlyName: 'Before', uniqueName: 'u', attributes, state: 'inactive' });
    const renamed = await conversations(sid).update({ friendlyName: 'After' });
    expect(renamed).toMatchObject({ friendlyName: 'After', attributes, state: 'inactive' });
  });

  it('are gone once removed', async () => {
    const { conversations, started, root } = await setUp();
    const { sid } = await conversations.create({});
    const response = await ask(
      started,
      `${root.slice(started.emulator.restUrl.length)}/Conversations/${sid}`,
      {
        method: 'DELETE',
      },
    );
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    const path = `${scope === 'service' ? `/Services/${started.emulator.credentials.serviceSid}` : ''}/Conversations/${sid}`;
    expect(await refusal(conversations(sid).fetch())).toEqual({
      status: 404,
      code: 20404,
      message: `The requested resource ${path} was not found`,
    });
  });

  it('are listed in the order they were made, and by state', async () => {
    const { conversations } = await setUp();
    const [first, second, third] = [
      await conversations.create({}),
      await conversations.create({ state: 'inactive' }),
      await conversations.create({}),
    ];
    const all = await conversations.list();
    expect(all.map(({ sid }) => sid)).toEqual([first.sid, second.sid, third.sid]);
    const inactive = await conversations.list({ state: 'inactive' });
    expect(inactive.map(({ sid }) => sid)).toEqual([second.sid]);
  });

  it('are refused when something is wrong with them, by code and by name', async () => {
    const { conversations } = await setUp();
    await conversations.create({ uniqueName: 'taken' });
    const refused = async (params: Parameters<typeof conversations.create>[0]) =>
      refusal(conversations.create(params));
    expect(await refused({ uniqueName: 'taken' })).toMatchObject({ status: 409, code: 50353 });
    expect(await refused({ uniqueName: `CH${'0'.repeat(32)}` })).toMatchObject({ status: 400, code: 50390 });
    expect(await refused({ state: 'closed' })).toMatchObject({ status: 400, code: 50384 });
    expect(await refused({ attributes: '{' })).toMatchObject({ status: 400, code: 20001 });
    const bound = await refused({ 'bindings.email.name': 'x' });
    expect(bound).toMatchObject({ status: 400, code: 20001 });
    expect(bound.message).toContain('Bindings.Email.Name');
    const state = await refused({ state: 'asleep' as 'active' });
    expect(state.message).toContain('State is not one of active, inactive, closed');
  });

  it('stay closed once closed', async () => {
    const { conversations } = await setUp();
    const { sid } = await conversations.create({});
    await conversations(sid).update({ state: 'closed' });
    expect(await refusal(conversations(sid).update({ state: 'active' }))).toMatchObject({ code: 50377 });
  });
});

describe('a conversation', () => {
  it('is shown with all fields of the API and dates without milliseconds', async () => {
    const started = await startForTest();
    const response = await ask(started, '/v1/Conversations', { method: 'POST' });
    expect(response.status).toBe(201);
    const body = (await response.json()) as Record<string, unknown>;
    const fields =
      'sid account_sid chat_service_sid messaging_service_sid friendly_name unique_name attributes state date_created date_updated timers url links bindings';
    expect(Object.keys(body).sort()).toEqual(fields.split(' ').sort());
    expect(body.date_created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
});
