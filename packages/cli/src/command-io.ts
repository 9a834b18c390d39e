/** What a command needs of the process it runs in; tests pass their own. */
export interface CommandIo {
  env: Record<string, string | undefined>;
  print(line: string): void;
  complain(line: string): void;
  /** Aborted when the person at the keyboard wants it to end. */
  stop: AbortSignal;
}
