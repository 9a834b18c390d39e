import { readMark, writeMark } from './own-horizon.js';
import type { Exclusive, SessionClock, SessionStorage } from './ports.js';

/** For another tab, in which the chat is looked at, to say that the message has been read. */
const GRACE_MS = 300;
/** Storage is seen late in other tabs, and a lock is not: whoever does not come in meanwhile has lost. */
const HOLD_MS = 3_000;
/** Timers of hidden tabs may be a second late. */
const GIVE_UP_MS = 1_000;

/** Lets one tab alone ring for a message. */
export interface AlertClaims {
  /** True in one tab for each message, and for none that was read or that a later one has spoken for. */
  claim(conversationSid: string, index: number): Promise<boolean>;
  /** Whatever still waits comes to nothing. */
  stop(): void;
}

export function createAlertClaims(options: {
  clock: SessionClock;
  storage: SessionStorage;
  exclusive: Exclusive;
  key: string;
  readTo(): number;
}): AlertClaims {
  const { clock, storage, exclusive, key } = options;
  const waiting = new Set<() => void>();
  let claimed = { conversationSid: '', index: -1 };
  let run = 0;

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        cancel();
        waiting.delete(end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      waiting.add(end);
    });

  return {
    async claim(conversationSid, index) {
      const mine = run;
      const inVain = (): boolean => mine !== run || index <= options.readTo();
      if (inVain()) return false;
      await wait(GRACE_MS);
      if (inVain()) return false;
      return new Promise((resolve) => {
        let late = false;
        const giveUp = (): void => {
          late = true;
          resolve(false);
        };
        void wait(GIVE_UP_MS).then(giveUp);
        const enter = async (): Promise<void> => {
          const spoken = Math.max(
            readMark(storage, key, conversationSid),
            claimed.conversationSid === conversationSid ? claimed.index : -1,
          );
          if (late || inVain() || index <= spoken) return giveUp();
          // Storage may forget it at once.
          claimed = { conversationSid, index };
          writeMark(storage, key, conversationSid, index);
          resolve(true);
          await wait(HOLD_MS);
        };
        exclusive(`${key}:${conversationSid}:${index}`, enter).catch(giveUp);
      });
    },
    stop() {
      run += 1;
      for (const end of [...waiting]) end();
    },
  };
}
