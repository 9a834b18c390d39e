// The token service on its Node host, as it is built, with limits that are out of the way. With `helper` as its
// argument, one file of it is exchanged for another: the one that signs.
import { register } from 'node:module';
import { answerParent } from '../child.mjs';

const signer = process.argv[2];
if (signer === 'helper') register('./exchange-signer.mjs', import.meta.url);
const { createNodeHost } = await import('../../packages/backend/dist/index.js');

const host = await createNodeHost({
  config: {
    accountSid: `AC${'1'.repeat(32)}`,
    apiKeySid: `SK${'2'.repeat(32)}`,
    apiKeySecret: 'a-secret-of-the-length-of-twilios',
    serviceSid: `IS${'3'.repeat(32)}`,
    authToken: 'not used here',
    allowedOrigins: ['https://shop.example'],
    publicBaseUrl: 'http://127.0.0.1:0',
    tokenTtl: 3600,
    appId: '',
    mode: 'easy',
    legacyGet: false,
    response: 'json',
    bannedIdentities: [],
    newIdentitiesPerHour: 1000,
    trustedProxies: [],
    port: 0,
  },
  bot: { identity: 'bench', onMessageAdded: () => [] },
  // All load comes from one address. Without limits each invalid call is looked at as far as it deserves.
  limits: { take: () => Promise.resolve(0) },
});

answerParent({ url: host.url, apiKeySecret: host.config.apiKeySecret }, () => host.close());
