import fc from 'fast-check';

type Tab = 0 | 1;

/** What may befall a visitor, their line, the service and their conversation. */
export type Step =
  | { do: 'send'; tab: Tab }
  /** `copy`: the visitor's last message once more, as a line leaves it that delivers late what was given up. */
  | { do: 'answer' | 'edit' | 'remove' | 'copy' }
  | { do: 'wait'; ms: number }
  /** Until every tab is online or over, if that comes soon. */
  | { do: 'calm' }
  | { do: 'cut'; when: 'beforeWrite' | 'afterWrite' | 'afterReply'; of: Write }
  | { do: 'refuse'; status: 403 | 413 | 429 | 500 | 503; of: Write | 'read' | 'anything'; times: number }
  | { do: 'refuse_token'; status: 401 | 429 | 500; at: 'init' | 'update' }
  | { do: 'goodbye'; code: 308 | 401 | 406 | 417 | 503 }
  | { do: 'expire_token'; how: 'drop' | 'close410' }
  | { do: 'restart'; downFor: number }
  | { do: 'token_service'; is: TokenServiceState }
  | { do: 'network'; online: boolean }
  | { do: 'late'; ms: number }
  | { do: 'sockets'; refused: boolean }
  | { do: 'replies'; wait: boolean }
  | { do: 'drop' | 'half_open' | 'token_about_to_expire' | 'events_come_twice' }
  | { do: 'reload' | 'crash'; tab: Tab }
  | { do: 'retry_now' | 'retry_failed' | 'start_new' | 'load_older'; tab: Tab }
  | { do: 'close_conversation' | 'delete_conversation' | 'remove_visitor' };

/** What of the visitor's writes is meant, by the end of its path. */
export type Write = 'message' | 'conversation' | 'participant';
export type TokenServiceState = 'well' | 'unreachable' | 'failing' | 'too_busy' | 'babbling' | 'silent';

/** One life of a visitor: how many tabs they have, and what happens. */
export interface Life {
  tabs: 1 | 2;
  /** Trouble begins before the first connection, or after it. */
  begins: 'at_once' | 'online';
  steps: readonly Step[];
  /** In the end, whoever sees that their chat is over begins another. */
  goesOn: boolean;
}

const tab = fc.constantFrom<Tab>(0, 1);
const just = <Name extends Step['do']>(...names: Name[]) =>
  fc.constantFrom(...names).map((name) => ({ do: name }) as unknown as Step);
const inTab = (...names: ('send' | 'reload' | 'crash' | 'retry_now' | 'retry_failed' | 'load_older')[]) =>
  fc.record({ do: fc.constantFrom(...names), tab }) as fc.Arbitrary<Step>;
const write = fc.constantFrom<Write>('message', 'message', 'message', 'conversation', 'participant');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: inTab('send') },
  { weight: 3, arbitrary: just('answer') },
  { weight: 4, arbitrary: just('calm') },
  { weight: 1, arbitrary: just('edit', 'remove', 'copy') },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 10, 50, 200, 1_000, 4_000, 15_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      when: fc.constantFrom('beforeWrite' as const, 'afterWrite' as const, 'afterReply' as const),
      of: write,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      status: fc.constantFrom(403 as const, 413 as const, 429 as const, 500 as const, 503 as const),
      of: fc.oneof(write, fc.constantFrom('read' as const, 'anything' as const)),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('refuse_token' as const),
      status: fc.constantFrom(401 as const, 429 as const, 500 as const),
      at: fc.constantFrom('init' as const, 'update' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('goodbye' as const),
      code: fc.constantFrom(308 as const, 401 as const, 406 as const, 417 as const, 503 as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('expire_token' as const),
      how: fc.constantFrom('drop' as const, 'close410' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      downFor: fc.constantFrom(0, 1_000, 10_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('token_service' as const),
      is: fc.constantFrom<TokenServiceState>(
        'well',
        'unreachable',
        'failing',
        'too_busy',
        'babbling',
        'silent',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('network' as const), online: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('late' as const), ms: fc.constantFrom(0, 100, 800, 8_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sockets' as const), refused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replies' as const), wait: fc.boolean() }) },
  { weight: 3, arbitrary: just('drop') },
  { weight: 2, arbitrary: just('half_open') },
  { weight: 1, arbitrary: just('token_about_to_expire', 'events_come_twice') },
  { weight: 3, arbitrary: inTab('reload', 'crash') },
  { weight: 3, arbitrary: inTab('retry_now', 'retry_failed', 'load_older') },
  {
    weight: 2,
    arbitrary: fc.oneof(
      just('close_conversation', 'delete_conversation', 'remove_visitor'),
      fc.record({ do: fc.constant('start_new' as const), tab }),
    ),
  },
);

/** Any life; the same seed is the same one for as long as nothing here is changed. */
export const lives: fc.Arbitrary<Life> = fc.noBias(
  fc.record({
    tabs: fc.constantFrom(1 as const, 2 as const),
    begins: fc.constantFrom('at_once' as const, 'online' as const, 'online' as const),
    steps: fc.array(step, { minLength: 4, maxLength: 40, size: 'max' }),
    goesOn: fc.boolean(),
  }),
);
