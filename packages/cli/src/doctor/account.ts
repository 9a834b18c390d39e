import {
  type Config,
  createTokenSigner,
  createTwilioClient,
  errorFacts,
  type TwilioClient,
} from '@conversations-web-chat/backend';
import { about, type Finding } from './finding.js';

/** Where Twilio's other products answer when not at their own addresses. */
export interface TwilioPlaces {
  /** Of the account's keys and usage. */
  account?: string;
  /** Of the media service, which takes access tokens by plain HTTP. */
  media?: string;
}

/** Whether the credentials work, and what the account says of them. */
export async function checkAccount(config: Config, places: TwilioPlaces): Promise<Finding[]> {
  const byKey = createTwilioClient(config);
  const byToken = createTwilioClient({
    ...config,
    apiKeySid: config.accountSid,
    apiKeySecret: config.authToken,
  });
  for (const client of [byKey, byToken]) {
    if (places.account === undefined) continue;
    client.api.baseUrl = places.account;
    client.iam.baseUrl = places.account;
  }
  const service = await checkService(config, byKey);
  const found = await Promise.all([
    checkAuthToken(config, byToken),
    checkKeyType(config, places, byKey, byToken),
    checkToken(config, places),
    checkUsage(config, places, byToken),
  ]);
  return [...service, ...found];
}

async function checkService({ serviceSid }: Config, byKey: TwilioClient): Promise<Finding[]> {
  const key = about('API key');
  const service = about('service');
  try {
    const { friendlyName } = await byKey.conversations.v1.services(serviceSid).fetch();
    return [key.ok('signs in'), service.ok(`${serviceSid}, "${friendlyName ?? ''}"`)];
  } catch (error) {
    const { status } = errorFacts(error);
    if (status === 401) {
      return [
        key.problem(
          'Twilio does not know this key, or not this secret of it',
          'Compare ACCOUNT_SID, TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET with the console; a key works in its own region only.',
        ),
      ];
    }
    if (status === 403) {
      return [
        key.problem(
          'the key may not read the Conversations service',
          'Make a Standard key for the chat alone.',
        ),
      ];
    }
    if (status === 404) {
      return [
        key.ok('signs in'),
        service.problem(
          `the account has no Conversations service ${serviceSid}`,
          'Set CONVERSATIONS_SERVICE_SID to the SID (IS…) that the console shows under Conversations, Services.',
        ),
      ];
    }
    return [key.cannotCheck(whyNot(error))];
  }
}

async function checkAuthToken({ serviceSid }: Config, byToken: TwilioClient): Promise<Finding> {
  const { ok, problem, cannotCheck } = about('AUTH_TOKEN');
  try {
    await byToken.conversations.v1.services(serviceSid).fetch();
  } catch (error) {
    const { status } = errorFacts(error);
    if (status === 401) {
      return problem(
        'Twilio does not know this Auth Token: every webhook would be refused',
        'Copy the primary Auth Token of ACCOUNT_SID from the console.',
      );
    }
    // Whoever is told that there is no such service has signed in.
    if (status !== 404) return cannotCheck(whyNot(error));
  }
  return ok('signs in; whether it is the primary one, which signs webhooks, Twilio does not tell');
}

async function checkKeyType(
  config: Config,
  places: TwilioPlaces,
  byKey: TwilioClient,
  byToken: TwilioClient,
): Promise<Finding> {
  const { ok, warning, problem, cannotCheck } = about('key type');
  if (isEmulated(config, places)) return cannotCheck('the emulator has one key, of no type');
  try {
    const { policy } = await byToken.iam.v1.apiKey(config.apiKeySid).fetch();
    if (policy && Object.keys(policy).length > 0) {
      return problem('Restricted: such a key cannot make tokens', 'Make a Standard key for the chat alone.');
    }
  } catch (error) {
    return cannotCheck(whyNot(error), 'Look in the console whether the key is a Standard one.');
  }
  try {
    // Only a Main key may look at keys.
    await byKey.api.v2010.accounts(config.accountSid).keys(config.apiKeySid).fetch();
    return warning(
      'Main: whoever gets it can make keys and change the account',
      'Make a Standard key for the chat alone, deploy it, wait one TOKEN_TTL, delete this one.',
    );
  } catch (error) {
    const { status } = errorFacts(error);
    return status === 401 || status === 403 ? ok('Standard') : cannotCheck(whyNot(error));
  }
}

/** Makes a token as the service does and shows it to Twilio, where nothing is made or changed by it. */
async function checkToken(config: Config, places: TwilioPlaces): Promise<Finding> {
  const { ok, problem, cannotCheck } = about('access token');
  const sign = createTokenSigner(config);
  const token = await sign('conversations-web-chat-doctor', Math.floor(Date.now() / 1000));
  const emulated = config.twilioApiBaseUrl === undefined ? undefined : `${config.twilioApiBaseUrl}/mcs`;
  const media = places.media ?? emulated ?? 'https://mcs.us1.twilio.com';
  let status: number;
  try {
    const nothing = `${media}/v1/Services/${config.serviceSid}/Media/ME${'0'.repeat(32)}`;
    const answer = await fetch(nothing, {
      headers: { 'x-twilio-token': token },
      signal: AbortSignal.timeout(10_000),
    });
    status = answer.status;
    await answer.body?.cancel();
  } catch (error) {
    return cannotCheck(whyNot(error));
  }
  if (status === 404) return ok(`is taken by the service for ${config.tokenTtl} seconds`);
  if (status === 401 || status === 403) {
    return problem(
      'Twilio refuses the tokens that this key signs for this service',
      "Use a Standard key of the service's account and region, and the account's own Conversations service.",
    );
  }
  return cannotCheck(`the media service answered ${status}`);
}

async function checkUsage(config: Config, places: TwilioPlaces, byToken: TwilioClient): Promise<Finding> {
  const { ok, warning, cannotCheck } = about('usage trigger');
  if (isEmulated(config, places)) return cannotCheck('the emulator costs nothing');
  try {
    const triggers = await byToken.api.v2010.accounts(config.accountSid).usage.triggers.list({ limit: 20 });
    if (triggers.length > 0) return ok(`the account has ${triggers.length}`);
    return warning(
      'none: nobody is told when the account suddenly costs more',
      'Make a usage trigger on the total price in the console.',
    );
  } catch (error) {
    return cannotCheck(whyNot(error), 'Look in the console whether somebody is told of unusual costs.');
  }
}

const isEmulated = (config: Config, places: TwilioPlaces): boolean =>
  config.twilioApiBaseUrl !== undefined && places.account === undefined;

/** Why something could not be asked. Errors of the helper hold credentials: only these facts of them are told. */
export function whyNot(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = errorFacts(cause);
  const { name, status } = errorFacts(error);
  // Several addresses were tried in vain: Node says so without words.
  const reason = message === '' ? String(code ?? 'no reason was given') : message;
  return status === undefined || name === 'ServiceError' ? reason : `${reason} (HTTP ${status})`;
}
