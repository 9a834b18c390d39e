import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { CommandIo } from './command-io.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** One row of the table in `run.ts`. */
export interface Command {
  /** What it does, in one line of the overview. */
  summary: string;
  /** Everything about it, for `--help` and beneath a wrong call. */
  usage: string;
  /** Resolves to the exit code: 0, or 1 when what was asked for is not so. */
  run(args: string[], io: CommandIo): Promise<number>;
}

interface CommandSpec<O extends Options> {
  summary: string;
  usage: string;
  /** As `parseArgs` takes them. `--help` is understood by itself. */
  options: O;
  run(values: Values<O>, io: CommandIo): Promise<number>;
}

/** Thrown for a call that cannot be meant so; the sentence is shown and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command that is given its options read and checked. */
export function defineCommand<const O extends Options>(spec: CommandSpec<O>): Command {
  const { summary, usage, options, run } = spec;
  return {
    summary,
    usage,
    run: (args, io) => run(readOptions(args, options), io),
  };
}

function readOptions<const O extends Options>(args: string[], options: O): Values<O> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values as Values<O>;
  } catch (error) {
    throw new UsageError(sentence(error));
  }
}

/** Node explains at length how to pass what looks like an option; its first sentence says what is wrong. */
function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${message.split(/\. |\.?\n/)[0]?.replace(/\.$/, '')}.`;
}
