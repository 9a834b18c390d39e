import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { testConfig } from './testing/config.js';
import { createTwilioClient } from './twilio-client.js';
import { isTwilioAway } from './twilio-trouble.js';

let status: number | undefined;
const server = createServer((request, response) => {
  if (status === undefined) request.socket.destroy();
  else response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":20001}');
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

test('Twilio is away when it cuts or refuses the connection or fails, and is not when it refuses a request', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const twilioApiBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createTwilioClient(testConfig({ twilioApiBaseUrl }));
  const isAway = async (answer?: number) => {
    status = answer;
    const error: unknown = await client.conversations.v1
      .services('IS1')
      .fetch()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Error);
    return isTwilioAway(error);
  };
  expect([await isAway(), await isAway(500), await isAway(503)]).toEqual([true, true, true]);
  expect([await isAway(400), await isAway(404)]).toEqual([false, false]);
  server.close();
  server.closeAllConnections();
  expect(await isAway()).toBe(true);
});

test('whatever else is thrown is not Twilio’s', () => {
  for (const thrown of [undefined, null, 'ECONNRESET', new Error('x'), { code: 'ECONNRESET' }]) {
    expect(isTwilioAway(thrown)).toBe(false);
  }
});
