/** Letters and digits in a row that are the same in a prompt and an answer, from which on it is no chance. */
const LONGEST_LIKENESS = 60;

/** Watches one answer while it grows. */
export interface LeakWatch {
  /** Whether the answer, which has grown to `text`, holds a long piece of the prompt. */
  leaksIn(text: string): boolean;
}

/** How much of an answer has to be held back, so that a piece of the prompt is seen before it is shown. */
export const HELD_BACK: number = LONGEST_LIKENESS;

/**
 * Recognises pieces of a prompt in answers, whatever stands between their letters. A prompt that is written backwards
 * or in another language is not recognised: what must stay secret does not belong into a prompt.
 */
export function watchForPrompt(prompt: string): () => LeakWatch {
  const letters = lettersOf(prompt);
  const pieces = new Set<string>();
  for (let start = 0; start + LONGEST_LIKENESS <= letters.length; start += 1) {
    pieces.add(letters.slice(start, start + LONGEST_LIKENESS));
  }
  return () => {
    let looked = 0;
    return {
      leaksIn(text) {
        const answer = lettersOf(text);
        // The last letter may still change when what follows is a part of it, so it is looked at again.
        for (; looked + LONGEST_LIKENESS <= answer.length; looked += 1) {
          if (pieces.has(answer.slice(looked, looked + LONGEST_LIKENESS))) return true;
        }
        looked = Math.max(0, looked - 2);
        return false;
      },
    };
  };
}

/** Letters and digits, however they are written: spaces, stars or dashes between them do not hide a piece. */
function lettersOf(text: string): string {
  return (
    text
      .normalize('NFKD')
      .toUpperCase()
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).join('');
}
