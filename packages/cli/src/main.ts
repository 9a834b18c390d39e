#!/usr/bin/env node
import { runCli } from './run.js';
import { listenForStop } from './stop-signal.js';

// Whoever read the first lines and closed the pipe still wants the service to run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);
const stop = listenForStop(
  process,
  () => performance.now(),
  () => {
    complain('Ended at once; what was under way is lost.');
    process.exit(130);
  },
);

process.exitCode = await runCli(process.argv.slice(2), { env: process.env, print, complain, stop });
