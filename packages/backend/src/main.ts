#!/usr/bin/env node
import { runServer } from './hosts/server.js';

// Whoever read the first lines and closed the pipe still wants the service to run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const stop = new AbortController();
let asked: number | undefined;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // A launcher such as npx hands on the Ctrl+C that the terminal has given us already: that is one wish, not two.
    if (asked !== undefined && performance.now() - asked > 1_000) process.exit(130);
    asked ??= performance.now();
    stop.abort();
  });
}

process.exitCode = await runServer(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  stop: stop.signal,
});
