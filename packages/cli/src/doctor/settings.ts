import type { Config } from '@conversations-web-chat/backend';
import { about, type Finding } from './finding.js';

/**
 * What the configuration says by itself, without asking anybody. `now` in milliseconds. On Twilio Functions no caller
 * has an address, so there are no proxies to name.
 */
export function checkSettings(config: Config, now: number, onFunctions = false): Finding[] {
  return [
    checkMode(config),
    ...checkOrigins(config),
    checkTtl(config),
    ...checkLegacy(config, now),
    ...checkLogins(config),
    checkNewcomers(config),
    ...(onFunctions ? [] : checkProxies(config)),
  ];
}

/** Whether an address names this machine, which nobody else can reach. */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function checkMode({ mode }: Config): Finding {
  const { ok, warning } = about('CHAT_MODE');
  return mode === 'hardened'
    ? ok('hardened: this service makes the conversations')
    : warning(
        'easy: every browser may create conversations',
        'Set CHAT_MODE=hardened, as every public site should, then run conversations-web-chat roles.',
      );
}

function checkOrigins(config: Config): Finding[] {
  const { ok, warning, problem } = about('ALLOWED_ORIGINS');
  const { allowedOrigins } = config;
  const found: Finding[] = [];
  if (allowedOrigins.includes('null')) {
    found.push(
      problem('null lets in sandboxed frames, which any site can make', 'Take null out of ALLOWED_ORIGINS.'),
    );
  }
  const named = allowedOrigins.filter((origin) => origin !== 'null');
  const local = named.filter(isLoopback);
  // With the emulator, everything is on this machine.
  if (local.length > 0 && config.twilioApiBaseUrl === undefined) {
    found.push(
      warning(
        `${local.join(', ')}: whatever a visitor runs on the own machine gets in`,
        'Take it out of ALLOWED_ORIGINS of the production service.',
      ),
    );
  }
  const open = named.filter((origin) => origin.startsWith('http:') && !isLoopback(origin));
  if (open.length > 0) {
    found.push(
      problem(
        `${open.join(', ')}: without https, whoever sits between reads and changes the page`,
        'Serve these sites by https and list them so.',
      ),
    );
  }
  return found.length > 0 ? found : [ok(named.join(', '))];
}

function checkTtl({ tokenTtl }: Config): Finding {
  const { ok, warning } = about('TOKEN_TTL');
  if (tokenTtl >= 900 && tokenTtl <= 3600) return ok(`${tokenTtl} seconds`);
  const text =
    tokenTtl > 3600
      ? `${tokenTtl} seconds: a token that leaks works for as long, and none can be revoked`
      : `${tokenTtl} seconds: clients fetch tokens often, and a short outage ends their chat`;
  return warning(text, 'Set TOKEN_TTL to 900 to 3600.');
}

function checkLegacy(config: Config, now: number): Finding[] {
  const found: Finding[] = [];
  const until = config.legacyUntil;
  const day = until === undefined ? 'no end is set' : `until ${dayOf(until)}`;
  if (config.legacyGet) {
    found.push(
      about('LEGACY_GET').warning(
        `on: visitors of the original prove nothing, so whoever knows a UUID is that visitor (${day})`,
        'Turn LEGACY_GET off when the last page with the original is gone.',
      ),
    );
  }
  if (config.response === 'text') {
    found.push(
      about('RESPONSE').warning(
        'text: callers that do not ask for JSON get the bare token, without expiresIn',
        'Leave RESPONSE out unless pages of the original still use this service.',
      ),
    );
  }
  if (until !== undefined) {
    const { ok, warning } = about('LEGACY_UNTIL');
    const over = until * 1000 <= now;
    found.push(
      over
        ? warning(`${dayOf(until)} is over: nobody can move from the original any more`, 'Take it out.')
        : ok(`visitors of the original bring their conversation along ${day}`),
    );
  }
  return found;
}

/** The last day before the end. */
const dayOf = (end: number): string => new Date((end - 1) * 1000).toISOString().slice(0, 10);

function checkLogins({ userTokens }: Config): Finding[] {
  if (!userTokens) return [];
  const { ok, warning } = about('USER_TOKEN_ENFORCE');
  if (userTokens.enforce === 'on') return [ok('tokens of logged-in visitors that are not right are refused')];
  return [
    warning(
      'observe: tokens of logged-in visitors that are not right are only counted',
      'Set USER_TOKEN_ENFORCE=on when the counts are at zero.',
    ),
  ];
}

function checkNewcomers({ humanCheck, newIdentitiesPerHour }: Config): Finding {
  const check = humanCheck ? `each passes ${humanCheck.provider}` : 'no human check';
  return about('new visitors').ok(`at most ${newIdentitiesPerHour} an hour, ${check}`);
}

function checkProxies({ trustedProxies, publicBaseUrl }: Config): Finding[] {
  const { ok, warning } = about('TRUSTED_PROXIES');
  if (trustedProxies.length === 0) {
    if (isLoopback(publicBaseUrl)) return [];
    return [
      warning(
        'none: behind a proxy, all visitors share its address and its limit',
        'List the addresses of your proxy; leave it out only when visitors reach this service directly.',
      ),
    ];
  }
  return [ok(trustedProxies.join(', '))];
}
