/** What one check found. Texts hold no secret: they are printed, and pasted into tickets. */
export interface Finding {
  level: 'ok' | 'warning' | 'problem' | 'cannot check';
  /** What was looked at: a variable, or a part of the service. */
  about: string;
  text: string;
  /** What to do, in one sentence; every problem has one. */
  fix?: string;
}

/** The findings about one thing. */
export interface Report {
  ok(text: string): Finding;
  warning(text: string, fix: string): Finding;
  problem(text: string, fix: string): Finding;
  cannotCheck(text: string, fix?: string): Finding;
}

export function about(thing: string): Report {
  return {
    ok: (text) => ({ level: 'ok', about: thing, text }),
    warning: (text, fix) => ({ level: 'warning', about: thing, text, fix }),
    problem: (text, fix) => ({ level: 'problem', about: thing, text, fix }),
    cannotCheck: (text, fix) => ({
      level: 'cannot check',
      about: thing,
      text,
      ...(fix !== undefined && { fix }),
    }),
  };
}

/** One line for each finding, its fix beneath. */
export function linesOf(findings: readonly Finding[]): string[] {
  const width = Math.max(0, ...findings.map((finding) => finding.about.length));
  return findings.flatMap((finding) => {
    const line = `${finding.level.padEnd(12)}  ${finding.about.padEnd(width)}  ${finding.text}`;
    return finding.fix === undefined ? [line] : [line, `${' '.repeat(14 + width)}  → ${finding.fix}`];
  });
}
