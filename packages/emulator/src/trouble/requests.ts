/** What a fault on requests looks for. What is not given matches everything. */
export interface RequestMatch {
  method?: string;
  /** A part of the path; with `*`, which stands for anything, the whole of it. */
  path?: string;
  identity?: string;
  /** The first matching request that is met, counted from 1, which is the default. */
  nth?: number;
}

/** A request as faults see it. `identity` may be costly to find and is asked for only when a rule needs it. */
export interface SeenRequest {
  method: string;
  path: string;
  identity: () => string | null;
}

/** Faults that wait for requests to come by. */
export interface RequestRules<Outcome> {
  /** False while there is nothing to ask: the usual case, which must cost nothing. */
  readonly any: boolean;
  /** Meets the `nth` matching request from now on and those after it, `times` in all. */
  add(match: RequestMatch, times: number, outcome: Outcome): void;
  /** Every rule counts the request; the oldest that meets it says what comes of it. */
  meet(request: SeenRequest): Outcome | undefined;
  clear(): void;
}

export function createRequestRules<Outcome>(): RequestRules<Outcome> {
  let rules: {
    matches: (request: SeenRequest) => boolean;
    before: number;
    left: number;
    outcome: Outcome;
  }[] = [];
  return {
    get any() {
      return rules.length > 0;
    },
    add(match, times, outcome) {
      rules.push({ matches: matcher(match), before: (match.nth ?? 1) - 1, left: times, outcome });
    },
    meet(request) {
      let met: { outcome: Outcome } | undefined;
      for (const rule of rules) {
        if (!rule.matches(request)) continue;
        if (rule.before > 0) rule.before -= 1;
        else if (met === undefined) {
          rule.left -= 1;
          met = rule;
        }
      }
      rules = rules.filter(({ left }) => left > 0);
      return met?.outcome;
    },
    clear() {
      rules = [];
    },
  };
}

function matcher({ method, path, identity }: RequestMatch): (request: SeenRequest) => boolean {
  const wanted = method?.toUpperCase();
  const fits = path === undefined ? undefined : pathMatcher(path);
  return (request) =>
    (wanted === undefined || request.method === wanted) &&
    (fits === undefined || fits(request.path)) &&
    (identity === undefined || request.identity() === identity);
}

function pathMatcher(path: string): (given: string) => boolean {
  const parts = path.split('*');
  if (parts.length === 1) return (given) => given.includes(path);
  const [first = '', ...rest] = parts;
  const last = rest.pop() ?? '';
  // By hand, as a pattern with many stars would take a regular expression for ever.
  return (given) => {
    if (!given.startsWith(first)) return false;
    let position = first.length;
    for (const part of rest) {
      const found = given.indexOf(part, position);
      if (found < 0) return false;
      position = found + part.length;
    }
    return given.length - last.length >= position && given.endsWith(last);
  };
}
