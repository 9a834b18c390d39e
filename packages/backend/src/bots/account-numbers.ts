const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;
const SHORTEST_IBAN = 15;
const LONGEST_IBAN = 34;

/**
 * Where card numbers are in a run of digits and separators, as ranges of it. Any 13 to 19 digits that pass the check of
 * Luhn count, wherever they begin: people write a date or the security code right behind.
 */
export function cardsIn(run: string): readonly (readonly [start: number, end: number])[] {
  const values = new Map<string, number>();
  const digits = [...run.matchAll(/\p{Nd}/gu)].map(({ 0: digit, index }) => {
    const value = values.get(digit) ?? digitValue(digit);
    values.set(digit, value);
    return { value, start: index, end: index + digit.length };
  });
  const lengthAt = cardLengths(digits.map(({ value }) => value));
  const found: [number, number][] = [];
  for (let first = 0; first + SHORTEST_CARD <= digits.length; first += 1) {
    const length = lengthAt(first);
    const [start, end] = [digits[first]?.start, digits[first + length - 1]?.end];
    if (length === 0 || start === undefined || end === undefined) continue;
    found.push([start, end]);
    first += length - 1;
  }
  return found;
}

/**
 * How long the longest card's number from a place on is; 0 when there is none. The check doubles every second digit from
 * the last one back, so it takes the sums of either half, up to each place, once.
 */
function cardLengths(digits: readonly number[]): (first: number) => number {
  const sums = [{ even: 0, odd: 0, notZero: 0 }];
  for (const [place, digit] of digits.entries()) {
    const { even, odd, notZero } = sums[place] ?? { even: 0, odd: 0, notZero: 0 };
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    const isEven = place % 2 === 0;
    sums.push({
      even: even + (isEven ? doubled : digit),
      odd: odd + (isEven ? digit : doubled),
      notZero: notZero + (digit === 0 ? 0 : 1),
    });
  }
  return (first) => {
    const from = sums[first];
    // Nothing but zeroes passes the check, too, and is nobody's card.
    if (!from || sums[first + SHORTEST_CARD]?.notZero === from.notZero) return 0;
    for (let length = Math.min(digits.length - first, LONGEST_CARD); length >= SHORTEST_CARD; length -= 1) {
      const until = sums[first + length];
      if (!until) continue;
      const doubling = (first + length) % 2 === 0 ? 'even' : 'odd';
      if ((until[doubling] - from[doubling]) % 10 === 0) return length;
    }
    return 0;
  };
}

/** The digits of each script stand in a row from 0 to 9, and rows of ten stand beside each other only whole. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  if (code < 0x80) return code - 0x30;
  let before = 0;
  while (before < 60 && /^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before += 1;
  return before % 10;
}

/**
 * How much of a text, which begins with two letters and two digits, is an IBAN by its check number; 0 when nothing is.
 * Words may follow that look like a part of it, so every length is tried, the longest first.
 */
export function ibanLength(text: string): number {
  const places = [...text.matchAll(/[a-z0-9]/gi)].map(({ index }) => index);
  for (let length = Math.min(places.length, LONGEST_IBAN); length >= SHORTEST_IBAN; length -= 1) {
    const end = (places[length - 1] ?? 0) + 1;
    if (passesMod97(text.slice(0, end).replace(/[^a-z0-9]/gi, ''))) return end;
  }
  return 0;
}

function passesMod97(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
