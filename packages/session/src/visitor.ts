import { concatBytes, fromBase64url, toBase64url, toHex, utf8Bytes } from './bytes.js';
import type { Exclusive, SessionClock, SessionCrypto, SessionStorage } from './ports.js';

/** What the original chat of this name stored. Forgetting takes it away as well: it says who somebody was. */
export const ORIGINAL_KEYS: readonly string[] = ['webchat-uuid', 'webchat-sid', 'chatStartDate'];

const ID_DOMAIN = 'twilio-webchat/anon-id/v1';
const CONVERSATION_DOMAIN = 'twilio-webchat/conv/v1';
const SECRET_VERSION = 1;
const SECRET_BYTES = 32;
const STORED_VERSION = 1;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A user's identity, as {@link userIdentity} makes it. */
const USER = /^u_[\w-]{43}$/;
const CONVERSATION_SID = /^CH[0-9a-f]{32}$/i;
const ZERO = Uint8Array.of(0);

/**
 * The prefix of all that the installation `key` stores. A colon of its own would make it the beginning of another one's,
 * which is forgotten by prefix.
 */
export function storageName(key: string): string {
  return `conversations-web-chat:${key.replace(/[%:]/g, encodeURIComponent)}`;
}

/** Who this browser is to the service: an anonymous visitor, or a user whom the site names. */
export interface Visitor {
  readonly uuid: string;
  /**
   * 32 bytes as unpadded base64url; the identity is a hash of them, and showing them proves it. They go to the token
   * service and nowhere else. `null` for a user, for whom the site's token speaks.
   */
  readonly secret: string | null;
  readonly conversationSid: string | null;
  /** The conversation that was here before and is over; the next one's name is derived from it. */
  readonly endedConversationSid: string | null;
  /** The conversation that the visitor has ended and that could not be left yet. */
  readonly leavingConversationSid: string | null;
  /** Earlier identities of this browser: what they wrote is still this visitor's. */
  readonly previousIdentities: readonly string[];
  /** The conversation of a visitor of the original chat, still to be brought along. */
  readonly originalConversationSid: string | null;
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

/** Of an anonymous visitor; a user has none. */
export function proofOf({ secret }: Visitor): string | null {
  return secret === null ? null : `s1.${secret}`;
}

/**
 * The name under which two tabs find one conversation; of a user, every device. After a conversation that is over the name is another one,
 * and the same in every tab; `attempt` leaves a name behind that turned out to be taken for good.
 */
export function conversationName(visitor: Visitor, crypto: SessionCrypto, attempt = 0): string {
  const { uuid, secret } = visitor;
  const seed = secret === null ? utf8Bytes(uuid) : (fromBase64url(secret) ?? new Uint8Array());
  const parts = [utf8Bytes(CONVERSATION_DOMAIN), ZERO, seed];
  if (visitor.endedConversationSid !== null) parts.push(ZERO, utf8Bytes(visitor.endedConversationSid));
  if (attempt > 0) parts.push(ZERO, Uint8Array.of(attempt));
  return `w_${toBase64url(crypto.sha256(concatBytes(...parts))).slice(0, 22)}`;
}

/** Of no user, agent or bot: those have names. */
export function isAnonymous(identity: string): boolean {
  return UUID.test(identity);
}

export interface VisitorStore {
  /** The visitor as stored now, by this tab or another one; `null` before the first start. */
  read(): Visitor | null;
  /** The stored anonymous visitor, or a new one, made once even when two tabs start at the same instant. */
  ensure(): Promise<Visitor>;
  /** A new identity in place of one that the service refuses; the old one stays among the previous. */
  replace(refused: string, birthSeconds?: number): Promise<Visitor>;
  /** The anonymous visitor of this browser, if there is one. */
  anonymous(): Visitor | null;
  /**
   * From now on the visitor is the user `identity`, with the conversation of `brought`. An anonymous visitor who had a
   * conversation is no more.
   */
  enter(identity: string, brought: Visitor | null): Promise<Visitor>;
  /** The user whom this browser remembers. */
  user(): Visitor | null;
  /** Changes the stored visitor. Call it inside the lock, after reading again. */
  update(change: (visitor: Visitor) => Visitor): Visitor;
  /** What was stored of the visitor is there no more: another tab forgot it, or the browser was told to. */
  isGone(): boolean;
  /** The visitor of this page is not stored any more, and somebody else is. */
  isTaken(): boolean;
  /** Nobody is known here any more. What is stored is taken away by others. */
  forget(): void;
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
  const name = storageName(options.key);
  // Beside the anonymous visitor's: whoever opens a page that does not say who is logged in is not the user.
  const userName = `${name}:user`;

  const isProvable = ({ uuid, secret: encoded }: Visitor): boolean => {
    const secret = fromBase64url(encoded ?? '');
    return (
      secret?.length === SECRET_BYTES &&
      secret[0] === SECRET_VERSION &&
      toBase64url(secret) === encoded &&
      deriveIdentity(secret, appId, crypto) === uuid
    );
  };
  const storedAnonymous = (): Visitor | null => {
    const visitor = parseVisitor(storage.read(name));
    return visitor && isProvable(visitor) ? visitor : null;
  };
  const storedUser = (): Visitor | null => {
    const visitor = parseVisitor(storage.read(userName));
    return visitor?.secret === null ? visitor : null;
  };
  // Storage may forget at once (blocked), be emptied, or be given another identity by another tab: this page stays
  // who it is until it is told to forget that.
  let mine: Visitor | null = null;
  const readStored = (): Visitor | null => (mine?.secret === null ? storedUser() : storedAnonymous());
  const read = (): Visitor | null => {
    const stored = readStored();
    if (stored && (mine === null || stored.uuid === mine.uuid)) mine = stored;
    return mine;
  };
  const write = (visitor: Visitor): Visitor => {
    mine = visitor;
    storage.write(visitor.secret === null ? userName : name, serializeVisitor(visitor));
    return visitor;
  };
  const create = (
    was: Pick<Visitor, 'previousIdentities' | 'originalConversationSid'>,
    birth: number,
  ): Visitor => {
    const secret = makeSecret(birth, crypto);
    return {
      uuid: deriveIdentity(secret, appId, crypto),
      secret: toBase64url(secret),
      conversationSid: null,
      endedConversationSid: null,
      leavingConversationSid: null,
      ...was,
    };
  };
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => options.exclusive(name, work);
  const isGone = (): boolean =>
    // Whether it lasts is asked last: only having read does storage know that it may be read.
    mine !== null && storage.read(name) === null && storage.read(userName) === null && storage.lasting;

  return {
    read,
    exclusive,
    isGone,
    isTaken() {
      const stored = [storedAnonymous(), storedUser()].filter((visitor) => visitor !== null);
      return storage.lasting && stored.length > 0 && stored.every(({ uuid }) => uuid !== mine?.uuid);
    },
    async ensure() {
      // A user logged out, or the page does not say who is logged in.
      if (mine?.secret === null) mine = null;
      return (
        read() ?? exclusive(async () => read() ?? write(create(ofTheOriginal(storage), clock.now() / 1_000)))
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
        const was = { previousIdentities: [...previous], originalConversationSid: null };
        return write(create(was, birthSeconds));
      }),
    // In memory alone where storage does not keep it.
    anonymous: () => storedAnonymous() ?? (mine?.secret == null ? null : mine),
    enter: (identity, brought) =>
      exclusive(async () => {
        const stored = storedUser();
        const known: Visitor =
          stored?.uuid === identity
            ? stored
            : {
                uuid: identity,
                secret: null,
                conversationSid: null,
                endedConversationSid: null,
                leavingConversationSid: null,
                previousIdentities: [],
                originalConversationSid: null,
              };
        const previous = brought ? [...brought.previousIdentities, brought.uuid] : [];
        // It leads to nothing any more: the conversation is the user's, or will never be.
        if (storedAnonymous()?.conversationSid != null) storage.remove(name);
        return write({
          ...known,
          conversationSid: brought?.conversationSid ?? known.conversationSid,
          previousIdentities: [...new Set([...known.previousIdentities, ...previous])],
        });
      }),
    user: () => (mine?.secret === null ? mine : storedUser()),
    update(change) {
      const visitor = read();
      if (!visitor) throw new Error('A visitor is changed before there is one.');
      const stored = readStored();
      const changed = change(visitor);
      mine = changed;
      // What was forgotten must not come back because this tab still remembers it.
      return (stored && stored.uuid !== changed.uuid) || isGone() ? changed : write(changed);
    },
    forget() {
      mine = null;
    },
  };
}

/**
 * The original chat of this name kept a plain uuid, for which there is no proof: it is remembered, never used. Its
 * conversation may be brought along by a service that allows it.
 */
function ofTheOriginal(
  storage: SessionStorage,
): Pick<Visitor, 'previousIdentities' | 'originalConversationSid'> {
  const [uuid, sid] = ORIGINAL_KEYS.map((key) => storage.read(key)?.trim() ?? '');
  if (uuid === undefined || !UUID.test(uuid))
    return { previousIdentities: [], originalConversationSid: null };
  return { previousIdentities: [uuid], originalConversationSid: sidOrNull(sid) };
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
    ...(visitor.originalConversationSid !== null && {
      original_conversation_sid: visitor.originalConversationSid,
    }),
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
  if (typeof uuid !== 'string') return null;
  if (USER.test(uuid) ? secret !== null : !UUID.test(uuid) || typeof secret !== 'string') return null;
  return {
    uuid,
    secret: typeof secret === 'string' ? secret : null,
    conversationSid: sidOrNull(fields.conversation_sid),
    endedConversationSid: sidOrNull(fields.ended_conversation_sid),
    leavingConversationSid: sidOrNull(fields.leaving_conversation_sid),
    previousIdentities: Array.isArray(previousIdentities)
      ? previousIdentities.filter((item): item is string => typeof item === 'string' && UUID.test(item))
      : [],
    originalConversationSid: sidOrNull(fields.original_conversation_sid),
  };
}

function sidOrNull(value: unknown): string | null {
  return typeof value === 'string' && CONVERSATION_SID.test(value) ? value : null;
}
