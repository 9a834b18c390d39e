/** Control characters, and those that turn the direction of what follows: `exe.gpj` would read `jpg.exe`. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `text` without what could disturb or turn round the words beside it. */
export function withoutControls(text: string): string {
  return text.replace(UNFIT, '').trim();
}

/** One line that is fit to be shown among others, cut after `longest` characters; `null` when there is none. */
export function shownLine(value: unknown, longest: number): string | null {
  if (typeof value !== 'string') return null;
  // Cut before it is read letter by letter: whoever wrote it may have written megabytes.
  const clean = withoutControls(value.slice(0, 8 * longest).replace(/\s+/gu, ' '));
  const letters = [...clean];
  const line = letters.length <= longest ? clean : `${letters.slice(0, longest - 1).join('')}…`;
  return line === '' ? null : line;
}
