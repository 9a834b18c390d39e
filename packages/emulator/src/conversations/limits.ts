import { Refusal } from '../errors.js';

type LimitName =
  | 'bodyBytes'
  | 'conversationAttributesBytes'
  | 'attributesBytes'
  | 'nameLength'
  | 'identityLength'
  | 'participants'
  | 'nonChatParticipants';

/** Limits of the service, from Twilio's public pages. Sizes are bytes of UTF-8, lengths are characters. */
export const limits: Readonly<Record<LimitName, number>> = {
  bodyBytes: 32 * 1024,
  conversationAttributesBytes: 16 * 1024,
  attributesBytes: 4 * 1024,
  nameLength: 256,
  identityLength: 256,
  participants: 1000,
  nonChatParticipants: 50,
};

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

export function checkBody(body: string): string {
  if (bytes(body) > limits.bodyBytes) throw new Refusal('body_too_long');
  return body;
}

/** Attributes are kept as they were sent: text that is valid JSON. Nothing at all means `{}`. */
export function checkAttributes(attributes: string, maxBytes: number = limits.attributesBytes): string {
  if (attributes === '') return '{}';
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
  if (name === null || name === '') return null;
  if (name.length > limits.nameLength) {
    throw new Refusal('invalid_parameter', `${field} is longer than ${limits.nameLength} characters`);
  }
  return name;
}

export function checkIdentity(identity: string): string {
  if (identity === '') throw new Refusal('invalid_parameter', 'Identity is empty');
  if (identity.length > limits.identityLength) {
    throw new Refusal('invalid_parameter', `Identity is longer than ${limits.identityLength} characters`);
  }
  return identity;
}

export function checkSubject(subject: string | null): string | null {
  if (subject !== null && subject.length > limits.nameLength) {
    throw new Refusal('invalid_parameter', `Subject is longer than ${limits.nameLength} characters`);
  }
  return subject;
}
