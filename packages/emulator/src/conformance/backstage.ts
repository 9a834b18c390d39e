import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { WebSocket, WebSocketServer } from 'ws';
import { isObject, parseJson } from '../json.js';
import type { Emulator } from '../options.js';
import type { Backstage } from './flows/stage.js';

/** What flows ask of an emulator, over HTTP wherever that is how a developer would ask. */
export function createBackstage(emulator: Emulator): Backstage & { close(): void } {
  const lines: WebSocketServer[] = [];
  const { credentials, restUrl } = emulator;
  const { accountSid, authToken, apiKeySid, apiKeySecret, serviceSid } = credentials;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const ask = async (method: string, path: string, body?: URLSearchParams | string) => {
    const reply = await fetch(restUrl + path, {
      method,
      headers: { authorization },
      ...(body !== undefined && { body }),
    });
    const answer = parseJson(await reply.text());
    return { status: reply.status, body: isObject(answer) ? answer : {} };
  };
  const rest: Backstage['rest'] = (method, path, form) =>
    ask(
      method,
      `/v1${path.replace('{IS}', serviceSid)}`,
      form === undefined ? undefined : new URLSearchParams(form),
    );
  const order: Backstage['order'] = async (what, given) => {
    const { status, body } = await ask('POST', `/_emulator/${what}`, JSON.stringify(given));
    if (status !== 200) throw new Error(`The order was refused: ${JSON.stringify(body)}`);
    return body;
  };
  return {
    rest,
    token(identity, seconds = 3600) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        jti: `${apiKeySid}-${now}`,
        iss: apiKeySid,
        sub: accountSid,
        iat: now,
        exp: now + seconds,
        grants: { identity, chat: { service_sid: serviceSid } },
      })
        .setProtectedHeader({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' })
        .sign(new TextEncoder().encode(apiKeySecret));
    },
    order,
    fault: async (fault) => Number((await order('faults', fault)).sockets ?? 0),
    async write(conversationSid, author, bodies) {
      for (const body of bodies) {
        const form = { Body: body, Author: author };
        const { status } = await rest('POST', `/Conversations/${conversationSid}/Messages`, form);
        if (status !== 201) throw new Error(`A message by REST was answered ${status}`);
      }
    },
    async asked() {
      const text = await (await fetch(`${restUrl}/_emulator/log`, { headers: { authorization } })).text();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { direction: string; method?: string; path?: string })
        .filter(({ direction, method }) => direction === 'in' && method !== undefined)
        .map(({ method, path }) => `${method} ${path}`);
    },
    async losing(text) {
      const line = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
      lines.push(line);
      await new Promise((resolve) => line.once('listening', resolve));
      let lost = false;
      line.on('connection', (near) => {
        const far = new WebSocket(emulator.wsUrl, { perMessageDeflate: false });
        const opened = new Promise((resolve) => far.once('open', resolve));
        near.on('message', (data: Buffer) => void opened.then(() => far.send(data)));
        far.on('message', (data: Buffer) => {
          if (!lost && data.includes(text)) lost = true;
          else near.send(data);
        });
        near.on('close', () => far.terminate());
        far.on('close', () => near.terminate());
      });
      return `ws://127.0.0.1:${(line.address() as AddressInfo).port}${new URL(emulator.wsUrl).pathname}`;
    },
    close() {
      for (const line of lines) {
        for (const socket of line.clients) socket.terminate();
        line.close();
      }
    },
    async reset() {
      emulator.reset();
    },
  };
}
