import { describe, expect, it } from 'vitest';
import { startReceiver } from '../testing/receiver.js';
import { type Delivery, deliver } from './deliver.js';

const authToken = 'local-auth-token-0001';
const options = { authToken, allowedHosts: [] };
const fields = { EventType: 'onMessageAdded', Body: 'Hi & bye + 100% "ü"\r\n', Attributes: '{}' };
const post = (url: string): Delivery => ({ url, method: 'POST', fields });

describe('a delivery', () => {
  it('posts the fields as a form, signed, with the headers of Twilio', async () => {
    const receiver = await startReceiver();
    const outcome = await deliver(post(`${receiver.url}/hook?tenant=a%20b#rc=3`), options);
    expect(outcome).toEqual({ delivered: true, status: 204 });
    const [request] = receiver.received;
    expect(request).toMatchObject({ method: 'POST', path: '/hook?tenant=a%20b', fields });
    expect(request!.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'user-agent': 'TwilioProxy/1.1',
      accept: '*/*',
      connection: 'close',
      'i-twilio-idempotency-token': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(request!.signed(authToken)).toBe(true);
    expect(request!.signed('another token')).toBe(false);
  });

  it('can be a GET with the fields in its query, signed by the URL', async () => {
    const receiver = await startReceiver();
    await deliver({ url: `${receiver.url}/hook?a=1`, method: 'GET', fields }, options);
    const [request] = receiver.received;
    expect(request).toMatchObject({ method: 'GET', fields: { a: '1', ...fields } });
    expect(request!.signed(authToken)).toBe(true);
  });

  it('fails with the status of an answer that is no success, and follows no redirect', async () => {
    const receiver = await startReceiver();
    receiver.answer = { status: 500, body: 'stack trace' };
    expect(await deliver(post(receiver.url), options)).toEqual({
      delivered: false,
      reason: 'answered 500',
      status: 500,
    });
    receiver.answer = { status: 307, headers: { location: `${receiver.url}/elsewhere` } };
    expect(await deliver(post(receiver.url), options)).toEqual({
      delivered: false,
      reason: 'answered 307; redirects are not followed',
      status: 307,
    });
    expect(receiver.received).toHaveLength(2);
  });

  it('gives up on an answer that does not come', async () => {
    const receiver = await startReceiver();
    const release = receiver.hold();
    const outcome = await deliver(post(receiver.url), { ...options, timeoutMs: 50 });
    expect(outcome).toEqual({ delivered: false, reason: 'no answer within 50 ms' });
    release();
  });

  it('gives up on a name that is not resolved in time', async () => {
    const outcome = await deliver(post('http://localhost:9/'), {
      ...options,
      timeoutMs: 50,
      resolve: () => new Promise(() => {}),
    });
    expect(outcome).toEqual({ delivered: false, reason: 'no answer within 50 ms' });
  });

  it('gives up on an answer of more than 64 KB', async () => {
    const receiver = await startReceiver();
    receiver.answer = { status: 200, body: 'x'.repeat(64 * 1024) };
    expect(await deliver(post(receiver.url), options)).toMatchObject({ delivered: true });
    receiver.answer = { status: 200, body: 'x'.repeat(64 * 1024 + 1) };
    expect(await deliver(post(receiver.url), options)).toEqual({
      delivered: false,
      reason: 'answered more than 64 KB',
    });
  });

  it('says when nobody listens', async () => {
    expect(await deliver(post('http://127.0.0.1:1/'), options)).toEqual({
      delivered: false,
      reason: 'ECONNREFUSED',
    });
  });

  it('connects to the address that was checked, not to what the name means next', async () => {
    const receiver = await startReceiver();
    let asked = 0;
    const outcome = await deliver(post(`http://bot.example:${receiver.port}/hook`), {
      ...options,
      resolve: async () => {
        asked++;
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    expect(outcome).toMatchObject({ delivered: true });
    expect(asked).toBe(1);
    expect(receiver.received[0]!.headers.host).toBe(`bot.example:${receiver.port}`);
  });
});
