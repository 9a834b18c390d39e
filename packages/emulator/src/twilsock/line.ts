import { createDisorder, type Disorder, type DisorderPlan } from '../trouble/disorder.js';
import type { Random } from '../trouble/random.js';
import type { LineTrouble } from '../trouble/trouble.js';
import { createOutgoing } from './outgoing.js';

/** The way out of one socket, with what is wrong with it on request. Without trouble, everything goes at once. */
export interface Line {
  /** Bytes that wait here. */
  readonly waiting: number;
  /** `afterwards` runs when the reply is on its way: never before a reply that is made to wait. */
  reply(size: number, act: () => void, afterwards?: () => void): void;
  /** What is neither a reply nor an event that may be disordered. */
  tell(size: number, act: () => void): void;
  /** `key` names what the event is about; asked only while events are disordered. */
  event(size: number, act: () => void, key: () => string | undefined): void;
  /** What is wrong from now on. What no longer has a reason to wait goes at once. */
  trouble(now: LineTrouble | undefined): void;
  /** While on, nothing leaves at all. */
  hold(on: boolean): void;
  /** Forgets what waits; nothing leaves any more. */
  stop(): void;
}

export function createLine(random: Random): Line {
  const outgoing = createOutgoing();
  let repliesWait = false;
  let replies: (() => void)[] = [];
  let waitingReplies = 0;
  let plan: DisorderPlan | undefined;
  let disorder: Disorder | undefined;
  let stopped = false;

  const tell: Line['tell'] = (size, act) => {
    if (!stopped) outgoing.add(size, act);
  };
  const reply: Line['reply'] = (size, act, afterwards) => {
    if (repliesWait) {
      waitingReplies += size;
      replies.push(() => reply(size, act, afterwards));
      return;
    }
    tell(size, act);
    afterwards?.();
  };

  return {
    get waiting() {
      return outgoing.waiting + waitingReplies + (disorder?.waiting ?? 0);
    },
    reply,
    tell,
    event(size, act, key) {
      const about = disorder && key();
      if (disorder === undefined || about === undefined) return tell(size, act);
      disorder.add(about, size, () => tell(size, act));
    },
    trouble(now) {
      if (now?.disorder !== plan) {
        plan = now?.disorder;
        disorder?.end();
        disorder = plan && createDisorder(plan, random);
      }
      repliesWait = now?.repliesWait ?? false;
      if (!repliesWait) {
        const waited = replies;
        replies = [];
        waitingReplies = 0;
        for (const go of waited) go();
      }
      outgoing.latency(now?.delay);
    },
    hold: outgoing.hold,
    stop() {
      stopped = true;
      replies = [];
      waitingReplies = 0;
      disorder?.stop();
      outgoing.stop();
    },
  };
}
