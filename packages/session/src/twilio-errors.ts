import { ConnectionError, type ConnectionErrorCode } from './connection.js';

/** The codes of Twilio's error dictionary that mean more than their HTTP status. */
const CODES: Readonly<Record<number, ConnectionErrorCode>> = {
  20404: 'not_found',
  50350: 'not_found',
  50377: 'closed',
  50430: 'not_a_participant',
  50432: 'not_a_participant',
  54007: 'not_a_participant',
};
const NAME_TAKEN = 50353;
const ALREADY_PARTICIPANT = 50433;

/** What the SDK's errors carry: they come in six shapes, and only these fields say anything. */
interface SdkError {
  status: number | null;
  code: number | null;
  message: string;
}

function read(error: unknown): SdkError {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as {
    message?: unknown;
    status?: unknown;
    code?: unknown;
    body?: { code?: unknown };
    reply?: { status?: { code?: unknown } };
  };
  return {
    status: numberOrNull(fields.status ?? fields.reply?.status?.code),
    code: numberOrNull(fields.body?.code ?? fields.code),
    message: typeof fields.message === 'string' ? fields.message : 'The SDK failed without a word.',
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && value !== 0 ? value : null;
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
  return new ConnectionError(codeOf(known), known.message, { cause: error });
}

function codeOf({ status, code, message }: SdkError): ConnectionErrorCode {
  const meaning = code === null ? undefined : CODES[code];
  if (meaning) return meaning;
  if (status !== null) {
    if (status === 404) return 'not_found';
    if (status === 429 || status >= 500) return 'busy';
    // The token, not the request: it was not looked at.
    if (status === 401) return 'not_sent';
    if (status >= 400) return 'refused';
  }
  if (/^Conversation with .* was not found/.test(message)) return 'not_found';
  // Waited in the SDK's queue and never left, or the transport is at its end.
  if (/^request '.*' to '.*' timed out$/.test(message) || message.startsWith('Unable to connect')) {
    return 'not_sent';
  }
  return 'unknown_outcome';
}
