import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../start-child.mjs';

/**
 * A server under load, in a process of its own.
 *
 * @typedef {object} Subject
 * @property {string} url
 * @property {(identity: string) => string} token
 * @property {(identities: string[]) => Promise<string>} conversation makes one with these participants; its SID
 * @property {(conversation: string) => Promise<number | null>} kept messages in the store; null where there is none
 * @property {() => Promise<Usage>} usage after a forced collection
 * @property {() => number} storeBytes
 * @property {() => Promise<void>} stop
 */

/** @typedef {import('../start-child.mjs').Usage} Usage */

const here = path.dirname(fileURLToPath(import.meta.url));
const emulatorBuild = path.join(here, '../../packages/emulator/dist/index.js');

/** The emulator on a file store. @param {string} [build] another build, to compare @returns {Promise<Subject>} */
export async function startEmulator(build = emulatorBuild) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-emulator-'));
  const child = await startChild(path.join(here, 'emulator-server.mjs'), [
    build,
    path.join(folder, 'store.sqlite'),
  ]);
  const { url, restUrl, credentials } = child.started;
  const { accountSid, authToken } = credentials;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const rest = async (resource, form) => {
    const response = await fetch(`${restUrl}/v1/${resource}`, {
      headers: { authorization },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(`${resource}: ${response.status} ${JSON.stringify(body)}`);
    return body;
  };
  return {
    url,
    token: (identity) => accessToken(credentials, identity),
    async conversation(identities) {
      const { sid } = await rest('Conversations', { FriendlyName: 'Bench' });
      for (const identity of identities) {
        await rest(`Conversations/${sid}/Participants`, { Identity: identity });
      }
      return sid;
    },
    async kept(conversation) {
      // Newest first: its index is one less than all that were ever kept, and none is ever deleted here.
      const { messages } = await rest(`Conversations/${conversation}/Messages?Order=desc&PageSize=1`);
      return messages.length === 0 ? 0 : messages[0].index + 1;
    },
    usage: child.usage,
    storeBytes: () =>
      readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0),
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The server that keeps nothing. @returns {Promise<Subject>} */
export async function startBare() {
  const child = await startChild(path.join(here, 'bare-server.mjs'));
  let last = 0;
  return {
    url: child.started.url,
    token: (identity) => identity,
    conversation: async () => `CH${String(++last).padStart(32, '0')}`,
    kept: async () => null,
    usage: child.usage,
    storeBytes: () => 0,
    stop: child.stop,
  };
}

function accessToken({ accountSid, apiKeySid, apiKeySecret, serviceSid }, identity) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' })}.${part({
    jti: `${apiKeySid}-${now}`,
    iss: apiKeySid,
    sub: accountSid,
    iat: now,
    exp: now + 3600,
    grants: { identity, chat: { service_sid: serviceSid } },
  })}`;
  return `${signed}.${createHmac('sha256', apiKeySecret).update(signed).digest('base64url')}`;
}
