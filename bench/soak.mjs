// `npm run soak`: the emulator at about half its load for MINUTES (10), looked at every minute. Ends with 1 when
// something grows that should not. See README.md.
import { acknowledged } from './emulator/scenes.mjs';
import { startEmulator } from './emulator/subjects.mjs';

const minutes = Number(process.env.MINUTES ?? 10);
const every = Number(process.env.EVERY_SECONDS ?? 60);
const sockets = 100;
if (!(minutes > 0 && every > 0)) {
  console.error('MINUTES and EVERY_SECONDS are numbers greater than 0');
  process.exit(2);
}

/** Growth of the collected heap beyond this much a minute, over the second half of the run, is a leak. */
const heapNoise = 512 * 1024;

const subject = await startEmulator();
const probe = await acknowledged(subject, { sockets, warmUp: 2, seconds: 5 });
const perSecond = Math.max(sockets, Math.floor(probe.messagesPerSecond / 2));
console.log(
  `${Math.round(probe.messagesPerSecond)} messages/s at full load; the soak runs at ${perSecond}/s`,
);

/** @type {{ minute: number, heapMB: number, rssMB: number, storeMB: number, handles: number, timers: number, listeners: number }[]} */
const rows = [];
const began = Date.now();
const look = async () => {
  const { heapUsed, external, rss, handles, timers, listeners } = await subject.usage();
  const row = {
    minute: (Date.now() - began) / 60_000,
    heapMB: (heapUsed + external) / 2 ** 20,
    rssMB: rss / 2 ** 20,
    storeMB: subject.storeBytes() / 2 ** 20,
    handles,
    timers,
    listeners,
  };
  rows.push(row);
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name} ${Number(value.toFixed(2))}`)
      .join('   '),
  );
};
const watching = setInterval(look, every * 1000);
const result = await acknowledged(subject, {
  sockets,
  warmUp: 5,
  seconds: minutes * 60,
  perSecond,
  name: 'soak',
});
clearInterval(watching);
await subject.stop();

/** Least squares over the second half: what warms up is done by then. @param {'heapMB' | 'rssMB' | 'storeMB'} figure */
function slope(figure) {
  const half = rows.slice(rows.length >> 1);
  const meanX = half.reduce((sum, row) => sum + row.minute, 0) / half.length;
  const meanY = half.reduce((sum, row) => sum + row[figure], 0) / half.length;
  const above = half.reduce((sum, row) => sum + (row.minute - meanX) * (row[figure] - meanY), 0);
  const below = half.reduce((sum, row) => sum + (row.minute - meanX) ** 2, 0);
  return above / below;
}
const half = rows.slice(rows.length >> 1);
const grown = (figure) => (half.at(-1)?.[figure] ?? 0) - (half[0]?.[figure] ?? 0);
const report = {
  messagesPerSecond: result.messagesPerSecond,
  missing: result.missing + probe.missing,
  heapKBPerMinute: slope('heapMB') * 1024,
  rssKBPerMinute: slope('rssMB') * 1024,
  storeKBPerMinute: slope('storeMB') * 1024,
  handles: grown('handles'),
  listeners: grown('listeners'),
};
console.log(JSON.stringify(report));
const faults = [
  half.length < 2 && 'too few looks to tell: run longer',
  report.heapKBPerMinute * 1024 > heapNoise && 'the heap grows',
  // One timer more or less is a matter of the moment.
  Math.abs(report.handles) > 2 && 'handles are left open',
  report.listeners > 0 && 'listeners pile up',
  report.missing > 0 && 'messages or pushes were lost',
].filter(Boolean);
if (faults.length > 0) console.error(faults.join('; '));
process.exitCode = faults.length > 0 ? 1 : 0;
