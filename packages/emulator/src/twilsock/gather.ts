import type { Writable } from 'node:stream';

/** What one turn brings leaves in one piece: a message is a reply and two events for its sender. */
export interface Gather {
  /** To be called before each write. */
  begin(): void;
  /** Lets go now what was written. */
  end(): void;
}

export function createGather(wire: Pick<Writable, 'cork' | 'uncork'>): Gather {
  let gathering = false;
  const end = (): void => {
    if (!gathering) return;
    gathering = false;
    wire.uncork();
  };
  return {
    begin() {
      if (gathering) return;
      gathering = true;
      wire.cork();
      process.nextTick(end);
    },
    end,
  };
}
