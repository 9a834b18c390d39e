/** Decoded parameters by name; a parameter that came more than once keeps all its values. */
export type Params = Readonly<Record<string, string | readonly string[]>>;

/** What a host could make of a request's body. */
export type CallBody =
  | { kind: 'params'; params: Params }
  | { kind: 'too_large' }
  | { kind: 'unsupported' }
  | { kind: 'malformed' };

/** One request as handlers see it, whichever host received it. */
export interface Call {
  /** Upper case. */
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  query: Params;
  /** The query as it was received, with its `?`, or an empty string: signatures cover these exact characters. */
  search: string;
  body: CallBody;
  /** The caller's address where the host knows it; Twilio Functions do not. */
  ip?: string;
}

/** A handler's answer. */
export interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as text, `null` as no body. */
  body: object | string | null;
  /**
   * Work that was accepted and does not hold up the answer. A host that lives on sends the answer, then runs it and
   * waits for it before it stops; one that is frozen after its answer runs it first. It never rejects.
   */
  after?: () => Promise<void>;
}

/** Answers one call. */
export type Handler = (call: Call) => Promise<Reply>;

/** Every value of one parameter, from the query and the body together. */
export function valuesOf(name: string, ...sources: readonly Params[]): string[] {
  const values: string[] = [];
  for (const params of sources) {
    const given = Object.hasOwn(params, name) ? params[name] : undefined;
    if (typeof given === 'string') values.push(given);
    else if (given !== undefined) values.push(...given);
  }
  return values;
}
