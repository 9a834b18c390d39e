import { type Call, type Params, valuesOf } from './call.js';
import type { Config } from './config.js';
import { errorFacts, ServiceError } from './errors.js';
import type { VerifyHuman } from './human-check.js';
import { createMemoryKnownVisitors, type KnownVisitors } from './known-visitors.js';
import type { Log } from './log.js';
import type { ProvenVisitor } from './proven-visitor.js';
import type { Limits } from './rate-limit.js';

/** Decides whether a visitor who proved who they are may come in; refuses by throwing. */
export type Admit = (visitor: ProvenVisitor, call: Call, body: Params) => Promise<void>;

/** Asks a list of the operator's own whether somebody gets no token. When it fails, nobody gets one. */
export type IsBanned = (visitor: Pick<ProvenVisitor, 'identity' | 'kind'>) => boolean | Promise<boolean>;

/** Refuses who is banned. */
export type RefuseBanned = (visitor: Pick<ProvenVisitor, 'identity' | 'kind'>) => Promise<void>;

/** {@link RefuseBanned} by the configuration's list and the operator's own. */
export function createRefuseBanned(options: Pick<AdmissionOptions, 'config' | 'isBanned'>): RefuseBanned {
  const { config, isBanned = () => false } = options;
  const banned = new Set(config.bannedIdentities);

  return async ({ identity, kind }) => {
    // Not the whole visitor: what conversations are named by is the secret of an anonymous one.
    if (banned.has(identity) || (await isBanned({ identity, kind }))) {
      throw new ServiceError('banned', 'This visitor may not use the chat any more.');
    }
  };
}

/** What {@link createAdmission} takes. */
export interface AdmissionOptions {
  config: Pick<Config, 'bannedIdentities'>;
  limits: Limits;
  known: KnownVisitors;
  /** Whether Conversations has a User of this identity. */
  hasUser: (identity: string) => Promise<boolean>;
  isBanned?: IsBanned;
  verifyHuman?: VerifyHuman;
  log: Log;
}

/** Longer than Turnstile's and hCaptcha's answers ever are. */
const LONGEST_ANSWER = 4 * 1024;
const HUMAN_CHECK_RETRY_SECONDS = 10;
/** Who wait for a place in the budget. */
const LONGEST_WAITING_LIST = 10_000;
const LOOKUPS_AT_ONCE = 20;
const LOOKUP_RETRY_SECONDS = 5;

/**
 * {@link Admit} by the service's rules: who is banned stays out, and who is new may have to be human and has to fit
 * into the hour's budget. When an identity was made plays no part, because its maker writes the date.
 */
export function createAdmission(options: AdmissionOptions): Admit {
  const { limits, known, hasUser, verifyHuman, log } = options;
  const refuseBanned = createRefuseBanned(options);
  // An answer is good once: without this, who passes while the budget is used up would have to solve another one.
  const human = createMemoryKnownVisitors({ capacity: LONGEST_WAITING_LIST });
  let lookups = 0;

  return async (visitor, call, body) => {
    const { identity, kind } = visitor;
    await refuseBanned(visitor);
    // The host site knows the people that it signs in, and how many there are.
    if (kind === 'user' || (await known.has(identity))) return;
    // The check goes first: programs that fail it must not use up what people need.
    const returning = verifyHuman ? await returnsOrIsHuman(verifyHuman, identity, call, body) : false;
    if (!returning) await spendBudget(identity);
    await known.add(identity);
  };

  async function returnsOrIsHuman(
    verify: VerifyHuman,
    identity: string,
    call: Call,
    body: Params,
  ): Promise<boolean> {
    const answer = humanAnswer(body);
    if (await human.has(identity)) return false;
    if (answer === undefined) {
      // Whoever was here before and comes in the middle of a flood passes the check, too: better than waiting for its end.
      if (lookups < LOOKUPS_AT_ONCE && (await lookUp(identity))) return true;
      throw notHuman();
    }
    const { origin } = call.headers;
    const caller = { ...(call.ip !== undefined && { ip: call.ip }), ...(origin !== undefined && { origin }) };
    if (!(await isHuman(verify, answer, caller))) throw notHuman();
    await human.add(identity);
    return false;
  }

  async function isHuman(
    verify: VerifyHuman,
    answer: string,
    caller: Parameters<VerifyHuman>[1],
  ): Promise<boolean> {
    try {
      return await verify(answer, caller);
    } catch (error) {
      log.error(
        { event: 'human_check', outcome: 'human_check_unavailable', ...errorFacts(error) },
        'the human check could not be asked: new visitors are kept waiting',
      );
      throw new ServiceError('human_check_unavailable', 'The human check does not answer. Try again later.', {
        retryAfter: HUMAN_CHECK_RETRY_SECONDS,
      });
    }
  }

  async function spendBudget(identity: string): Promise<void> {
    const wait = await limits.take('newIdentities', 'all');
    if (wait === 0 || (await lookUp(identity))) return;
    throw exhausted(wait);
  }

  /** A flood of new identities must not become a flood of calls to Twilio, which has limits of its own. */
  async function lookUp(identity: string): Promise<boolean> {
    if (lookups >= LOOKUPS_AT_ONCE) throw exhausted(LOOKUP_RETRY_SECONDS);
    lookups += 1;
    try {
      return await hasUser(identity);
    } catch (error) {
      // Not its message: that names the address, and with it the identity.
      const { message: _message, ...facts } = errorFacts(error);
      log.error(
        { event: 'user_lookup', outcome: 'twilio_unavailable', ...facts },
        'a User was not looked up',
      );
      throw new ServiceError('twilio_unavailable', 'Twilio does not say who is new. Try again later.');
    } finally {
      lookups -= 1;
    }
  }
}

function humanAnswer(body: Params): string | undefined {
  const [answer, ...more] = valuesOf('human_token', body);
  if (more.length > 0) {
    throw new ServiceError('bad_request', 'The parameter human_token was given more than once.');
  }
  if (answer === undefined || answer === '') return undefined;
  if (answer.length > LONGEST_ANSWER) throw notHuman();
  return answer;
}

function notHuman(): ServiceError {
  return new ServiceError(
    'human_check_required',
    'A new visitor has to pass the human check. Send its answer in the body, as human_token.',
  );
}

function exhausted(wait: number): ServiceError {
  return new ServiceError(
    'budget_exhausted',
    `More new visitors came than this service lets in: see NEW_IDENTITIES_PER_HOUR. Try again in ${wait} s.`,
    { retryAfter: wait },
  );
}
