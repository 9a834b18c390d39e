/** Scripts that put no spaces between words: each of their characters counts as a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** One letter may stand for eighteen, such as U+FDFA: what is looked at has to be bounded after it was unfolded. */
const LONGEST_UNFOLDED = 8_000;

/** Text in which phrases are looked for: its words between single spaces, with one at either end. */
export type Words = string;

/**
 * The words of a text without case, accents, punctuation and what cannot be seen, so that `Öffnungszeiten?` and
 * `OFFNUNGSZEITEN` are the same.
 */
export function wordsOf(text: string): Words {
  const folded = text
    .normalize('NFKD')
    .slice(0, LONGEST_UNFOLDED)
    // Up before down: ß and SS, ı and I, and the letters that have two small forms meet this way.
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\p{Default_Ignorable_Code_Point}'’ʼ`´]/gu, '')
    .replaceAll('ς', 'σ')
    .replace(UNSPACED, ' $& ');
  return ` ${(folded.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).join(' ')} `;
}

/** A phrase of a rule, ready to be looked for. `*` at its end stands for any rest of the last word. */
export function phraseOf(text: string): Words {
  const words = wordsOf(text);
  return text.trimEnd().endsWith('*') ? words.trimEnd() : words;
}

/** Whether the words of a text hold a phrase, as whole words. */
export function holds(words: Words, phrase: Words): boolean {
  return phrase.trim() !== '' && words.includes(phrase);
}
