/**
 * The child's side of the harness: says where it listens, reports its own use of the machine, ends when told.
 *
 * @param {object} started @param {() => Promise<void>} stop
 */
export function answerParent(started, stop) {
  const tell = (message) => process.send?.(message);
  process.on('message', async (/** @type {{ id: number, ask: string }} */ { id, ask }) => {
    if (ask === 'usage') tell({ id, answer: usage() });
    if (ask !== 'stop') return;
    await stop();
    tell({ id, answer: null });
    process.disconnect();
  });
  // A parent that died must not leave this running.
  process.on('disconnect', () => process.exit());
  tell({ id: 0, answer: started });
}

function usage() {
  // Before the collections, which are not the load's doing.
  const { user, system } = process.cpuUsage();
  // Twice: what the first finalises, the second frees.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo();
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return {
    rss,
    heapUsed,
    external,
    cpuMicroseconds: user + system,
    handles: handles.length,
    timers: handles.filter((name) => name === 'Timeout').length,
    listeners,
  };
}
