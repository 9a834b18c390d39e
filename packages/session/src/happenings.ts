import type { SessionClock } from './ports.js';
import type { ChatHappening } from './snapshot.js';

const MOST = 50;
/** A bot that hands over leaves about then: before or after, as the events come. */
const HANDOVER_MS = 10_000;

/** What happened between messages while this page was open. */
export interface Happenings {
  list(): readonly ChatHappening[];
  add(kind: ChatHappening['kind'], identity: string | null): void;
  /** A bot that has just left did so because the chat was handed over: one of the two is told. */
  handedOver(to: string | null, isBot: (identity: string) => boolean): void;
  clear(): void;
}

/** @param newestIndex of the messages known now; -1 for none */
export function createHappenings(clock: SessionClock, newestIndex: () => number): Happenings {
  let list: readonly ChatHappening[] = [];
  let count = 0;

  const add = (kind: ChatHappening['kind'], identity: string | null): void => {
    count += 1;
    const happening = {
      key: `happening-${count}`,
      kind,
      identity,
      at: clock.now(),
      afterIndex: newestIndex(),
    };
    list = [...list.slice(1 - MOST), happening];
  };

  return {
    list: () => list,
    add,
    handedOver(to, isBot) {
      list = list.filter(({ kind, identity, at }) => {
        const justLeft = kind === 'left' && Math.abs(clock.now() - at) <= HANDOVER_MS;
        return !(justLeft && identity !== null && isBot(identity));
      });
      add('handed_over', to);
    },
    clear() {
      list = [];
    },
  };
}
