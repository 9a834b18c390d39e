import { BlockList, isIP } from 'node:net';
import type { Config } from '@conversations-web-chat/backend';
import { whyNot } from './account.js';
import { about, type Finding } from './finding.js';
import { pingRedis } from './ping-redis.js';
import { isLoopback } from './settings.js';

const PATIENCE_MS = 5_000;

/** Whether what the service needs answers: the service itself, Redis, the public keys of the host site. */
export async function checkReachable(config: Config, functions: string | undefined): Promise<Finding[]> {
  const found = await Promise.all([
    ...(functions === undefined ? [checkPublicUrl(config), checkRedis(config)] : [checkFunctions(functions)]),
    checkPublicKeys(config),
  ]);
  return found.flat();
}

/** Whether Twilio and browsers can reach the service. */
export async function checkPublicUrl(config: Config): Promise<Finding[]> {
  const { ok, problem, cannotCheck } = about('PUBLIC_BASE_URL');
  const { publicBaseUrl } = config;
  const local = isLoopback(publicBaseUrl);
  const inside = local || isPrivate(publicBaseUrl);
  if (inside && config.twilioApiBaseUrl === undefined) {
    return [
      problem(
        `names ${local ? 'this machine' : 'a place in a private network'}, which Twilio cannot reach`,
        'Set it to the https address under which the internet reaches this service.',
      ),
    ];
  }
  const found: Finding[] = [];
  if (!local && publicBaseUrl.startsWith('http:')) {
    found.push(
      problem(
        'is not https: tokens and proofs could be read on their way',
        'Put a proxy with https in front.',
      ),
    );
  }
  try {
    const answer = await fetch(`${publicBaseUrl}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.body?.cancel();
    found.push(
      answer.status === 200
        ? ok(`${publicBaseUrl}/healthz answers`)
        : problem(
            `${publicBaseUrl}/healthz answers ${answer.status}: something else is there, or a proxy in between`,
            'Let the proxy hand every path below PUBLIC_BASE_URL to this service, without a redirect.',
          ),
    );
  } catch (error) {
    const why = `${publicBaseUrl}/healthz does not answer: ${whyNot(error)}`;
    found.push(
      inside
        ? cannotCheck(`${why}; start the service to have it checked, or ask from where its name is known`)
        : problem(why, 'Start the service, and let the name lead to it.'),
    );
  }
  return found;
}

async function checkFunctions(base: string): Promise<Finding[]> {
  const { ok, problem } = about('Twilio Functions');
  const address = `${base}/chat-widget`;
  try {
    const answer = await fetch(address, { method: 'POST', signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await answer.text();
    // Nobody gets a token without an origin: this refusal is the service at its work.
    if (answer.status === 403 && text.includes('origin_not_allowed')) return [ok(`${address} answers`)];
    return [
      problem(
        `${address} answers ${answer.status}, not as the token service does`,
        'Deploy with conversations-web-chat deploy, and look into the log of the Function.',
      ),
    ];
  } catch (error) {
    return [problem(`${address} does not answer: ${whyNot(error)}`, 'Check the domain, and deploy first.')];
  }
}

async function checkRedis({ redisUrl }: Config): Promise<Finding[]> {
  const { ok, problem, warning } = about('REDIS_URL');
  if (redisUrl === undefined) {
    return [ok('none: limits are kept in memory, which is right for one server alone')];
  }
  const url = new URL(redisUrl);
  const place = `${url.hostname}:${url.port || 6379}`;
  try {
    await pingRedis(url, PATIENCE_MS);
  } catch (error) {
    return [
      problem(
        `the Redis at ${place} does not answer: ${whyNot(error)}`,
        'Start it, or correct REDIS_URL; without it each server counts for itself.',
      ),
    ];
  }
  const bare = url.password === '' && !isLoopback(`http://${url.host}`);
  return [
    bare
      ? warning(`the Redis at ${place} takes everybody without a password`, 'Give it one, and use rediss://.')
      : ok(`the Redis at ${place} answers`),
  ];
}

async function checkPublicKeys({ userTokens }: Config): Promise<Finding[]> {
  if (userTokens?.jwksUrl === undefined) return [];
  const { ok, problem } = about('USER_TOKEN_JWKS_URL');
  const { jwksUrl, algorithm } = userTokens;
  const kty = { ES256: 'EC', RS256: 'RSA', EdDSA: 'OKP', HS256: 'oct' }[algorithm];
  try {
    const answer = await fetch(jwksUrl, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    const keys = keysIn(await answer.text());
    const fitting = keys.filter((key) => key.kty === kty);
    // d is the private part of every kind of pair, k a shared secret.
    if (keys.some((key) => key.d !== undefined || key.k !== undefined)) {
      return [
        problem(
          'holds a private key, which everybody can read',
          'Replace that key now; publish public keys alone.',
        ),
      ];
    }
    if (fitting.length === 0) {
      return [
        problem(`has no key for ${algorithm}`, 'Publish the public key, or correct USER_TOKEN_ALGORITHM.'),
      ];
    }
    if (fitting.length > 1 && fitting.some((key) => key.kid === undefined)) {
      return [problem('has several keys, and one has no kid', 'Give each key its kid.')];
    }
    return [ok(`${fitting.length} key${fitting.length === 1 ? '' : 's'} for ${algorithm}`)];
  } catch (error) {
    return [
      problem(
        `the public keys cannot be read: ${whyNot(error)}`,
        'Make the address answer with a JSON Web Key Set; until then no logged-in visitor gets in.',
      ),
    ];
  }
}

/** The keys of a key set. What is no JSON is told without its text, which may hold a key. */
function keysIn(text: string): Record<string, unknown>[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new Error('what answers is no JSON');
  }
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : [];
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : [];
}

const privateNetworks = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, bits);
}
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

/** Names and addresses that only mean something inside a network. */
function isPrivate(address: string): boolean {
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '');
  const version = isIP(host);
  if (version !== 0) return privateNetworks.check(host, version === 6 ? 'ipv6' : 'ipv4');
  return !host.includes('.') || /\.(local|internal|lan|home\.arpa|test|example|invalid)$/.test(host);
}
