import { ConnectionError, type ConnectionErrorCode } from './connection.js';

/** The codes of Twilio's error dictionary that mean more than their HTTP status. */
const CODES: Readonly<Record<number, ConnectionErrorCode>> = {
  20404: 'not_found',
  20429: 'busy',
  50214: 'too_many',
  50350: 'not_found',
  50377: 'closed',
  50430: 'not_a_participant',
  50432: 'not_a_participant',
  54007: 'not_a_participant',
};
const NAME_TAKEN = 50353;
const ALREADY_PARTICIPANT = 50433;

/** Twilio counts actions a second. Its own word on how long to wait goes lost in the SDK, except for media. */
const THROTTLED_MS = 1_000;
/** Nobody waits longer for a chat; a proxy's word must not end it. */
const LONGEST_WAIT_MS = 60_000;

/** What the SDK's errors carry: they come in seven shapes, and only these fields say anything. */
interface SdkError {
  /** Of HTTP; 0 where a request for media got no answer at all. */
  status: number | null;
  code: number | null;
  message: string;
  waitMs: number | null;
}

function read(error: unknown): SdkError {
  const fields = fieldsOf(error);
  const body = fieldsOf(fields.body);
  const reply = fieldsOf(fields.reply);
  // Errors of media have the text of the status where others have its number, and its number where others have a code.
  const ofMedia = typeof fields.status === 'string' && typeof fields.code === 'number';
  const code = body.code ?? (ofMedia ? null : fields.code);
  const status = ofMedia ? Number(fields.code) : numberOrNull(fields.status ?? fieldsOf(reply.status).code);
  return {
    status,
    code: numberOrNull(code),
    message: typeof fields.message === 'string' ? fields.message : 'The SDK failed without a word.',
    waitMs: waitOf(fieldsOf(fields.headers), fieldsOf(fieldsOf(reply.body).backoff_policy)),
  };
}

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Partial<Record<string, unknown>>) : {};
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && value !== 0 ? value : null;
}

function waitOf(
  headers: Partial<Record<string, unknown>>,
  policy: Partial<Record<string, unknown>>,
): number | null {
  const said = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const asked = typeof said === 'string' ? Number(said) * 1_000 : policy.reconnect_min_ms;
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, LONGEST_WAIT_MS) : null;
}

export function isNameTaken(error: unknown): boolean {
  return read(error).code === NAME_TAKEN;
}

export function isAlreadyParticipant(error: unknown): boolean {
  const { status, code } = read(error);
  return code === ALREADY_PARTICIPANT || status === 409;
}

export function classify(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const known = read(error);
  const code = codeOf(known);
  const throttled = known.status === 429 || known.code === 20_429;
  const waitMs = code === 'busy' ? (known.waitMs ?? (throttled ? THROTTLED_MS : null)) : null;
  return new ConnectionError(code, known.message, { cause: error, waitMs });
}

function codeOf({ status, code, message }: SdkError): ConnectionErrorCode {
  const meaning = code === null ? undefined : CODES[code];
  if (meaning) return meaning;
  if (status !== null) {
    if (status === 404) return 'not_found';
    // 408 comes from what lies between, which did not wait for the service.
    if (status === 429 || status === 408 || status >= 500) return 'busy';
    // The token, not the request: it was not looked at. Or files, which go before the message does.
    if (status === 401 || status === 0) return 'not_sent';
    if (status >= 400) return 'refused';
  }
  if (/^Conversation with .* was not found/.test(message)) return 'not_found';
  // Only of reading, and only after the SDK has asked six times.
  if (message.startsWith('Fetch resource from')) return 'busy';
  // Waited in the SDK's queue and never left, or the transport is at its end.
  if (/^request '.*' to '.*' timed out$/.test(message) || message.startsWith('Unable to connect')) {
    return 'not_sent';
  }
  return 'unknown_outcome';
}
