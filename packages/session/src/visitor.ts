import { concatBytes, fromBase64url, toBase64url, toHex, utf8Bytes } from './bytes.js';
import type { Exclusive, SessionClock, SessionCrypto, SessionStorage } from './ports.js';

const ID_DOMAIN = 'twilio-webchat/anon-id/v1';
const CONVERSATION_DOMAIN = 'twilio-webchat/conv/v1';
const SECRET_VERSION = 1;
const SECRET_BYTES = 32;
const STORED_VERSION = 1;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CONVERSATION_SID = /^CH[0-9a-f]{32}$/i;
const ZERO = Uint8Array.of(0);

/** Who this browser is to the service. The identity is a hash of the secret, and showing the secret proves it. */
export interface Visitor {
  readonly uuid: string;
  /** 32 bytes as unpadded base64url. Goes to the token service and nowhere else. */
  readonly secret: string;
  readonly conversationSid: string | null;
  /** The conversation that was here before and is over; the next one's name is derived from it. */
  readonly endedConversationSid: string | null;
  /** The conversation that the visitor has ended and that could not be left yet. */
  readonly leavingConversationSid: string | null;
  /** Earlier identities of this browser: what they wrote is still this visitor's. */
  readonly previousIdentities: readonly string[];
}

/** A secret with its version and the time of birth inside, so that a service can expire identities without a store. */
export function makeSecret(birthSeconds: number, crypto: SessionCrypto): Uint8Array {
  const birth = Math.min(0xffff_ffff, Math.max(0, Math.floor(birthSeconds)));
  const head = Uint8Array.of(SECRET_VERSION, birth >>> 24, birth >>> 16, birth >>> 8, birth);
  return concatBytes(head, crypto.randomBytes(SECRET_BYTES - head.length));
}

/** The `s1` identity of a secret: a version 8 UUID. */
export function deriveIdentity(secret: Uint8Array, appId: string, crypto: SessionCrypto): string {
  const material = concatBytes(utf8Bytes(ID_DOMAIN), ZERO, utf8Bytes(appId), ZERO, secret);
  const hash = crypto.sha256(material).slice(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(hash);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function proofOf(visitor: Visitor): string {
  return `s1.${visitor.secret}`;
}

/**
 * The name under which two tabs find one conversation. After a conversation that is over the name is another one,
 * and the same in every tab; `attempt` leaves a name behind that turned out to be taken for good.
 */
export function conversationName(visitor: Visitor, crypto: SessionCrypto, attempt = 0): string {
  const secret = fromBase64url(visitor.secret) ?? new Uint8Array();
  const parts = [utf8Bytes(CONVERSATION_DOMAIN), ZERO, secret];
  if (visitor.endedConversationSid !== null) parts.push(ZERO, utf8Bytes(visitor.endedConversationSid));
  if (attempt > 0) parts.push(ZERO, Uint8Array.of(attempt));
  return `w_${toBase64url(crypto.sha256(concatBytes(...parts))).slice(0, 22)}`;
}

export interface VisitorStore {
  /** The visitor as stored now, by this tab or another one; `null` before the first start. */
  read(): Visitor | null;
  /** The stored visitor, or a new one, made once even when two tabs start at the same instant. */
  ensure(): Promise<Visitor>;
  /** A new identity in place of one that the service refuses; the old one stays among the previous. */
  replace(refused: string, birthSeconds?: number): Promise<Visitor>;
  /** Changes the stored visitor. Call it inside the lock, after reading again. */
  update(change: (visitor: Visitor) => Visitor): Visitor;
  /** Runs `work` in one tab at a time. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

export function createVisitorStore(options: {
  key: string;
  appId: string;
  storage: SessionStorage;
  crypto: SessionCrypto;
  clock: SessionClock;
  exclusive: Exclusive;
}): VisitorStore {
  const { appId, storage, crypto, clock } = options;
  const name = `conversations-web-chat:${options.key}`;

  const isProvable = (visitor: Visitor): boolean => {
    const secret = fromBase64url(visitor.secret);
    return (
      secret?.length === SECRET_BYTES &&
      secret[0] === SECRET_VERSION &&
      toBase64url(secret) === visitor.secret &&
      deriveIdentity(secret, appId, crypto) === visitor.uuid
    );
  };
  const readStored = (): Visitor | null => {
    const visitor = parseVisitor(storage.read(name));
    return visitor && isProvable(visitor) ? visitor : null;
  };
  // Storage may forget at once (blocked), be emptied, or be given another identity by another tab: this page stays
  // who it is until it is loaded again.
  let mine: Visitor | null = null;
  const read = (): Visitor | null => {
    const stored = readStored();
    if (stored && (mine === null || stored.uuid === mine.uuid)) mine = stored;
    return mine;
  };
  const write = (visitor: Visitor): Visitor => {
    mine = visitor;
    storage.write(name, serializeVisitor(visitor));
    return visitor;
  };
  const create = (previousIdentities: readonly string[], birthSeconds: number): Visitor => {
    const secret = makeSecret(birthSeconds, crypto);
    return {
      uuid: deriveIdentity(secret, appId, crypto),
      secret: toBase64url(secret),
      conversationSid: null,
      endedConversationSid: null,
      leavingConversationSid: null,
      previousIdentities,
    };
  };
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => options.exclusive(name, work);

  return {
    read,
    exclusive,
    async ensure() {
      return (
        read() ??
        exclusive(async () => read() ?? write(create(originalIdentity(storage), clock.now() / 1_000)))
      );
    },
    replace: (refused, birthSeconds = clock.now() / 1_000) =>
      exclusive(async () => {
        const stored = readStored();
        if (stored && stored.uuid !== refused) {
          mine = stored;
          return stored;
        }
        const previous = new Set([...((stored ?? mine)?.previousIdentities ?? []), refused]);
        return write(create([...previous], birthSeconds));
      }),
    update(change) {
      const visitor = read();
      if (!visitor) throw new Error('A visitor is changed before there is one.');
      const stored = readStored();
      mine = change(visitor);
      return stored && stored.uuid !== mine.uuid ? mine : write(mine);
    },
  };
}

/** The original chat of this name kept a plain uuid, for which there is no proof: it is remembered, never used. */
function originalIdentity(storage: SessionStorage): string[] {
  const uuid = storage.read('webchat-uuid')?.trim() ?? '';
  return UUID.test(uuid) ? [uuid] : [];
}

function serializeVisitor(visitor: Visitor): string {
  return JSON.stringify({
    version: STORED_VERSION,
    uuid: visitor.uuid,
    conversation_sid: visitor.conversationSid,
    secret: visitor.secret,
    ended_conversation_sid: visitor.endedConversationSid,
    ...(visitor.leavingConversationSid !== null && {
      leaving_conversation_sid: visitor.leavingConversationSid,
    }),
    previousIdentities: visitor.previousIdentities,
  });
}

/** Total: whatever stands in storage gives a visitor or `null`. */
export function parseVisitor(text: string | null): Visitor | null {
  let value: unknown;
  try {
    value = JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Partial<Record<string, unknown>>;
  if (fields.version !== STORED_VERSION) return null;
  const { uuid, secret, previousIdentities } = fields;
  if (typeof uuid !== 'string' || !UUID.test(uuid) || typeof secret !== 'string') return null;
  return {
    uuid,
    secret,
    conversationSid: sidOrNull(fields.conversation_sid),
    endedConversationSid: sidOrNull(fields.ended_conversation_sid),
    leavingConversationSid: sidOrNull(fields.leaving_conversation_sid),
    previousIdentities: Array.isArray(previousIdentities)
      ? previousIdentities.filter((item): item is string => typeof item === 'string' && UUID.test(item))
      : [],
  };
}

function sidOrNull(value: unknown): string | null {
  return typeof value === 'string' && CONVERSATION_SID.test(value) ? value : null;
}
