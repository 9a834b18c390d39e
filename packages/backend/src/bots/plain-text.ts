/** Line ends of all kinds. */
const LINE_END = /\r\n?|[\u2028\u2029\u0085]/gu;
/** Controls, and what turns the direction of text around. */
const CONTROL = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Letters nobody sees, which can carry a hidden text: tags, variation selectors beyond the first, fillers. */
const HIDDEN = /\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/gu;
/** The joiners that emoji, Persian and the scripts of India need, and what chooses between text and emoji. */
const NEEDED = new Set(['\u200c', '\u200d', '\ufe0e', '\ufe0f']);

/**
 * What a model wrote as plain text: no controls but line ends, nothing that turns text around, nothing hidden. Total and idempotent.
 */
export function plainText(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(LINE_END, '\n')
    .replaceAll('\t', ' ')
    .replace(CONTROL, '')
    .replace(HIDDEN, (letter) => (NEEDED.has(letter) ? letter : ''))
    .replace(/\n{3,}/g, '\n\n');
}
