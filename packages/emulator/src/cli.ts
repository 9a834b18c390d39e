#!/usr/bin/env node
import { runCommand } from './command.js';

// Whoever read the first lines and closed the pipe still wants the service to run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Heard from the first moment, and for good: npm hands on the Ctrl+C that the terminal has given us already, and the
// second one must not kill what the first is ending.
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
});

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
  untilAsked: () => asked,
});
