/** How much a model may be used. */
export interface LlmBudgetLimits {
  /** Answers in one conversation. */
  turnsPerConversation: number;
  /** Tokens read and written in one conversation. */
  tokensPerConversation: number;
  /** Seconds that the model works for one conversation. */
  secondsPerConversation: number;
  /** Tokens read and written within an hour, for all conversations together. */
  tokensPerHour: number;
}

/** What kept a turn from being taken. */
export type OverBudget = keyof LlmBudgetLimits;

/** A turn that was taken: its estimate is held until what it really used is known. */
export interface Turn {
  /** Tokens and milliseconds that it used; without tokens, the estimate stands. */
  settle(used: { tokens: number | undefined; ms: number }): void;
}

/** Keeps account of what a model was used for. */
export interface LlmBudget {
  /**
   * Takes a turn that will use about `tokens`.
   *
   * @param answered answers of the model that the conversation holds already: its record outlives this memory.
   */
  take(conversationSid: string, tokens: number, answered: number): Turn | OverBudget;
}

const HOUR_MS = 3_600_000;
/** Conversations that are remembered; the one that was silent for longest is forgotten first. */
const REMEMBERED = 10_000;

interface Account {
  turns: number;
  tokens: number;
  ms: number;
}

/** A budget in this server's memory. An hour starts with its first turn. */
export function createLlmBudget(limits: LlmBudgetLimits, now: () => number): LlmBudget {
  const accounts = new Map<string, Account>();
  let hour = { since: now(), tokens: 0 };

  function thisHour(): typeof hour {
    const age = now() - hour.since;
    // A clock that was set back would keep an hour open for ever.
    if (age >= HOUR_MS || age < 0) hour = { since: now(), tokens: 0 };
    return hour;
  }

  function accountOf(conversationSid: string): Account {
    const account = accounts.get(conversationSid) ?? { turns: 0, tokens: 0, ms: 0 };
    accounts.delete(conversationSid);
    accounts.set(conversationSid, account);
    const [oldest] = accounts.keys();
    if (accounts.size > REMEMBERED && oldest !== undefined) accounts.delete(oldest);
    return account;
  }

  return {
    take(conversationSid, tokens, answered) {
      const account = accountOf(conversationSid);
      const spent = thisHour();
      account.turns = Math.max(account.turns, answered);
      if (account.turns >= limits.turnsPerConversation) return 'turnsPerConversation';
      if (account.tokens + tokens > limits.tokensPerConversation) return 'tokensPerConversation';
      if (account.ms >= limits.secondsPerConversation * 1000) return 'secondsPerConversation';
      if (spent.tokens + tokens > limits.tokensPerHour) return 'tokensPerHour';
      account.turns += 1;
      account.tokens += tokens;
      spent.tokens += tokens;
      return {
        settle(used) {
          const more = (used.tokens ?? tokens) - tokens;
          account.tokens += more;
          account.ms += used.ms;
          spent.tokens += more;
        },
      };
    },
  };
}
