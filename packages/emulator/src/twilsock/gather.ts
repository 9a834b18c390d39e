import type { Writable } from 'node:stream';

/**
 * Answers what to call before each write: what one turn brings leaves in one piece. A message is a reply and two
 * events for its sender.
 */
export function createGather(wire: Pick<Writable, 'cork' | 'uncork'>): () => void {
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    wire.cork();
    process.nextTick(() => {
      gathering = false;
      wire.uncork();
    });
  };
}
