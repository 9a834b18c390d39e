import { Refusal } from '../errors.js';

type LimitName =
  | 'bodyBytes'
  | 'conversationAttributesBytes'
  | 'attributesBytes'
  | 'nameLength'
  | 'identityLength'
  | 'roleNameLength'
  | 'participants'
  | 'nonChatParticipants'
  | 'participantsAtOnce'
  | 'conversationsOfUser';

/** Limits of the service, from Twilio's public pages. Sizes are bytes of UTF-8, lengths are characters. */
export const limits: Readonly<Record<LimitName, number>> = {
  bodyBytes: 32 * 1024,
  conversationAttributesBytes: 16 * 1024,
  attributesBytes: 4 * 1024,
  nameLength: 256,
  identityLength: 256,
  roleNameLength: 64,
  participants: 1000,
  nonChatParticipants: 50,
  participantsAtOnce: 10,
  conversationsOfUser: 1000,
};

/** What may be attached. Chat between SDKs takes 150 MB; how many is what the SDK itself assumes at most. */
export interface MediaLimits {
  /** Of one upload. */
  bytes: number;
  /** Of all that one message carries. */
  totalBytes: number;
  perMessage: number;
}

export const mediaLimits: Readonly<MediaLimits> = {
  bytes: 150 * 1024 * 1024,
  totalBytes: 150 * 1024 * 1024,
  perMessage: 10,
};

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Half a surrogate pair is not text: it cannot be kept or sent, and would come back as another text. */
function requireWellFormed(field: string, text: string): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new Refusal(
      'invalid_parameter',
      `${field} is not well-formed Unicode: it holds half a surrogate pair`,
    );
  }
}

/** Text of at least one and at most so many characters. */
export function checkText(field: string, text: string, maxLength: number): string {
  requireWellFormed(field, text);
  if (text === '') throw new Refusal('invalid_parameter', `${field} is empty`);
  if (text.length > maxLength) {
    throw new Refusal('invalid_parameter', `${field} is longer than ${maxLength} characters`);
  }
  return text;
}

export function checkBody(body: string): string {
  requireWellFormed('Body', body);
  if (bytes(body) > limits.bodyBytes) throw new Refusal('body_too_long');
  return body;
}

/** Attributes are kept as they were sent: text that is valid JSON. Nothing at all means `{}`. */
export function checkAttributes(attributes: string, maxBytes: number = limits.attributesBytes): string {
  if (attributes === '') return '{}';
  requireWellFormed('Attributes', attributes);
  if (bytes(attributes) > maxBytes) throw new Refusal('attributes_too_long', `at most ${maxBytes} bytes`);
  try {
    JSON.parse(attributes);
  } catch {
    throw new Refusal('attributes_invalid');
  }
  return attributes;
}

/** An empty name is no name. */
export function checkName(field: string, name: string | null): string | null {
  return name === null || name === '' ? null : checkText(field, name, limits.nameLength);
}

export function checkIdentity(identity: string): string {
  return checkText('Identity', identity, limits.identityLength);
}

export function checkSubject(subject: string | null): string | null {
  return subject === null || subject === '' ? subject : checkText('Subject', subject, limits.nameLength);
}

/** The name of a file, kept as it was sent. None at all, or an empty one, is null. */
export function checkFilename(filename: string | null): string | null {
  if (filename === null || filename === '') return null;
  if (filename.length > limits.nameLength) {
    throw new Refusal('invalid_parameter', `Filename is longer than ${limits.nameLength} characters`);
  }
  if (/\p{Cc}/u.test(filename)) throw new Refusal('invalid_parameter', 'Filename holds control characters');
  return filename;
}

const token = "[\\w!#$%&'*+.^`|~-]+";
const mediaTypeSyntax = new RegExp(
  `^${token}/${token}(?:[ \\t]*;[ \\t]*${token}=(?:${token}|"[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*"))*$`,
);

/** The type of a file, kept as it was sent. Nothing said means bytes. */
export function checkContentType(contentType: string | undefined): string {
  const type = contentType?.trim() || 'application/octet-stream';
  if (type.length > limits.nameLength || !mediaTypeSyntax.test(type)) {
    throw new Refusal('invalid_parameter', 'Content-Type is not a media type such as image/png');
  }
  return type;
}
