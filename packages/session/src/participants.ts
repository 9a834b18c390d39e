import { backoffDelay } from './backoff.js';
import {
  connectionErrorCode,
  type RemoteConversation,
  type RemoteMessage,
  type RemoteParticipant,
} from './connection.js';
import { readHandover, readWorking } from './conversation-marks.js';
import { createCuttableWait } from './cuttable-wait.js';
import { createHappenings } from './happenings.js';
import type { Names } from './names.js';
import type { SessionClock, SessionCrypto } from './ports.js';
import type { ChatHappening, ChatParticipant, ChatRole } from './snapshot.js';

/** People who are not there any more and are kept, so that what they wrote keeps its name. */
const MOST_ABSENT = 50;
/** A bot says for ten seconds that it is at work; clocks differ. */
const WORKING_MS = 15_000;

/** Who takes part in the open conversation, and what happened to that while this page was open. */
export interface Participants {
  list(): readonly ChatParticipant[];
  happenings(): readonly ChatHappening[];
  /** The newest message of this visitor that an agent or a bot has read; -1 for none. It never goes back. */
  seenTo(): number;
  /** Calls people what they were called at the last visit. */
  remembered(): void;
  /** Reads who is there. What changed since the last time happened meanwhile. */
  open(remote: RemoteConversation): void;
  /** There is no link. */
  interrupted(): void;
  joined(participant: RemoteParticipant): void;
  left(participant: RemoteParticipant): void;
  updated(participant: RemoteParticipant): void;
  attributesChanged(attributes: unknown): void;
  /** They wrote something, as bots do without taking part. */
  wrote(messages: readonly RemoteMessage[]): void;
  /** Another conversation begins. */
  clear(): void;
}

export function createParticipants(options: {
  clock: SessionClock;
  crypto: SessionCrypto;
  names: Names;
  roleOf(identity: string): ChatRole;
  newestIndex(): number;
  /** Those in the window, ascending by index. */
  messages(): readonly RemoteMessage[];
  /** Somebody begins or ends typing, as far as it is seen here. */
  onTyping(identity: string, on: boolean): void;
  /** All who are there, as they were just read. */
  onRead(present: readonly RemoteParticipant[]): void;
  onChange(): void;
}): Participants {
  const { clock, crypto, names, roleOf } = options;
  const happenings = createHappenings(clock, options.newestIndex);
  /** Identity to whether they are present; whoever came or went last is last. */
  let people = new Map<string, boolean>();
  let list: readonly ChatParticipant[] = [];
  let readTo = -1;
  let seen = -1;
  // Until it was read once who is there, nobody joins: they were there before.
  let settled = false;
  let handedOver = false;
  let working: ReturnType<typeof readWorking> = null;
  let term = 0;
  /** Whom events told of while the list was being read: they are newer than it may be. */
  let touched = new Set<string>();
  const pause = createCuttableWait(clock);

  const isStaff = (identity: string): boolean => ['agent', 'bot'].includes(roleOf(identity));
  const isBot = (identity: string): boolean => roleOf(identity) === 'bot';

  const publish = (): void => {
    const absent = [...people].filter(([, present]) => !present).map(([identity]) => identity);
    for (const identity of absent.slice(0, -MOST_ABSENT)) people.delete(identity);
    const before = new Map(list.map((person) => [person.identity, person]));
    const next = [...people].map(([identity, present]): ChatParticipant => {
      const person = { identity, role: roleOf(identity), name: names.of(identity), present };
      const old = before.get(identity);
      return old && old.name === person.name && old.role === person.role && old.present === present
        ? old
        : person;
    });
    if (next.length !== list.length || next.some((person, place) => person !== list[place])) list = next;
    options.onChange();
  };

  const set = (identity: string, present: boolean): void => {
    const before = people.get(identity);
    if (before === present || (before === undefined && !present)) return;
    people.delete(identity);
    people.set(identity, present);
    if (!present) options.onTyping(identity, false);
    if (!settled || roleOf(identity) === 'visitor') return;
    // The handover was told, and is why the bot leaves.
    if (present || !(handedOver && isBot(identity))) happenings.add(present ? 'joined' : 'left', identity);
  };

  const notice = ({ identity, attributes, readTo: horizon }: RemoteParticipant): void => {
    if (identity === null || identity === '') return;
    names.learn(identity, attributes);
    if (isStaff(identity) && horizon > readTo) readTo = horizon;
  };

  const read = (attributes: unknown): void => {
    const handover = readHandover(attributes);
    if (handover && !handedOver && settled) {
      const { by } = handover;
      happenings.handedOver(by !== null && roleOf(by) === 'agent' ? by : null, isBot);
    }
    handedOver = handover !== null;
    const at = readWorking(attributes);
    const before = working;
    working = at;
    if (before && before.by !== at?.by) options.onTyping(before.by, false);
    // The same word again, because something else was changed beside it.
    if (!at || !isBot(at.by) || (at.by === before?.by && at.until === before.until)) return;
    // What was left standing by a bot that broke off is no sign of life.
    const left = Date.parse(at.until) - clock.now();
    if (settled || (left > 0 && left <= WORKING_MS)) options.onTyping(at.by, true);
  };

  const open = async (remote: RemoteConversation, mine: number): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        touched = new Set();
        const present = await remote.participants();
        if (mine !== term) return;
        present.forEach(notice);
        const identities = new Set(present.map(({ identity }) => identity ?? ''));
        identities.delete('');
        for (const identity of [...people.keys()]) {
          if (!identities.has(identity) && !touched.has(identity)) set(identity, false);
        }
        for (const identity of identities) if (!touched.has(identity)) set(identity, true);
        read(remote.attributes());
        settled = true;
        options.onRead(present);
        return publish();
      } catch (error) {
        const code = connectionErrorCode(error);
        // Who is there is an ornament: what the service will not tell is not asked for again and again.
        if (mine !== term || code === 'refused' || code === 'not_found' || code === 'not_a_participant')
          return;
        await pause.wait(backoffDelay(attempt, crypto));
        if (mine !== term) return;
      }
    }
  };

  const interrupted = (): void => {
    term += 1;
    pause.end();
  };
  const heard = (participant: RemoteParticipant, present: boolean): void => {
    const { identity } = participant;
    if (identity === null || identity === '') return;
    touched.add(identity);
    notice(participant);
    set(identity, present);
    publish();
  };

  return {
    list: () => list,
    happenings: happenings.list,
    seenTo() {
      // Asked with every snapshot, of lists that may be long: no further back than is needed.
      const messages = options.messages();
      for (let place = messages.length - 1; readTo > seen && place >= 0; place -= 1) {
        const { index, author } = messages[place] ?? { index: -1, author: '' };
        if (index <= seen) break;
        if (index <= readTo && roleOf(author) === 'visitor') seen = index;
      }
      return seen;
    },
    remembered() {
      names.load();
      publish();
    },
    open(remote) {
      interrupted();
      void open(remote, term);
    },
    interrupted,
    joined: (participant) => heard(participant, true),
    left: (participant) => heard(participant, false),
    updated(participant) {
      notice(participant);
      publish();
    },
    attributesChanged(attributes) {
      read(attributes);
      publish();
    },
    wrote(messages) {
      const news = messages
        .map(({ author }) => author)
        .filter((author) => !people.has(author) && isStaff(author));
      for (const author of news) people.set(author, false);
      if (news.length > 0) publish();
    },
    clear() {
      interrupted();
      happenings.clear();
      people = new Map();
      list = [];
      readTo = -1;
      seen = -1;
      settled = false;
      handedOver = false;
      working = null;
      touched = new Set();
    },
  };
}
