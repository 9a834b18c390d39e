import { cardsIn, ibanLength } from './account-numbers.js';

/** A run of digits of any script, with what people put between them. */
const DIGITS = /[+(]{0,2}\p{Nd}(?:[ \u00a0\u202f.\-\u2010-\u2013/()]{0,3}\p{Nd})*/gu;
/** Starts only where a word starts: from elsewhere, a long word would be read again from each of its letters.
 * What was taken out ends a word, too: a second look at its neighbour would see another word than the first. */
const IBAN = /(?<![\p{L}\p{N}›])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}/giu;
const EMAIL =
  /(?<![\p{L}\p{N}\p{M}._%+'›-])[\p{L}\p{N}\p{M}._%+'-]+@(?:[\p{L}\p{N}\p{M}-]+\.)+[\p{L}\p{M}]{2,}/gu;
const WORD = /(?<![\w.›-])[\w.-]{8,}/g;

const JWT = /^eyJ[\w-]{5,}\.[\w-]{5,}/;
/** How keys of well-known services, and this product's own secrets, begin. */
const KEY =
  /^(?:(?:sk|pk|rk)[-_][\w-]{8,}|(?:AC|SK|AP)[0-9a-f]{32}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{8,}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|s1\.[\w-]{40,}|k1\.[\w-]{40,}|ya29\.[\w-]{16,}|SG\.[\w.-]{16,}|npm_\w{16,}|hf_\w{16,})/;

const PEM_BEGIN = '-----BEGIN ';
const PEM_END = '-----END ';

/**
 * Takes out of a text what neither a model's vendor nor a log may see: card numbers, bank accounts, e-mail addresses,
 * phone numbers, tokens and keys. Each leaves its kind in ‹›. It rather takes too much: any nine digits in a row
 * may be a phone number. Total, idempotent, and its time grows with the length alone.
 *
 * @example
 * redact('my card is 4111 1111 1111 1111'); // 'my card is ‹card number›'
 */
export function redact(text: string): string {
  return withoutPem(text)
    .replace(WORD, (word) => (isSecret(word) ? '‹key›' : word))
    .replace(EMAIL, '‹e-mail›')
    .replace(IBAN, (candidate) => {
      const length = ibanLength(candidate);
      return length === 0 ? candidate : `‹bank account›${candidate.slice(length)}`;
    })
    .replace(DIGITS, redactDigits);
}

/** An unfinished block is one too: what follows its beginning is the key. */
function withoutPem(text: string): string {
  let rest = text;
  let kept = '';
  for (;;) {
    const begin = rest.indexOf(PEM_BEGIN);
    if (begin === -1) return kept + rest;
    kept += `${rest.slice(0, begin)}‹key›`;
    const end = rest.indexOf(PEM_END, begin);
    const close = end === -1 ? -1 : rest.indexOf('-----', end + PEM_END.length);
    if (close === -1) return kept;
    rest = rest.slice(close + 5);
  }
}

function isSecret(word: string): boolean {
  const bare = word.replace(/^[.-]+/, '');
  return JWT.test(bare) || KEY.test(bare) || bare.split('.').some(looksRandom);
}

/** Long, of one piece, and of letters and digits mixed as no word of a language has them. */
function looksRandom(word: string): boolean {
  if (word.split('-').some((part) => /^[0-9a-f]{32,}$/i.test(part) && /\d/.test(part))) return true;
  return word.length >= 24 && /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word);
}

function redactDigits(run: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of cardsIn(run)) {
    parts.push(redactPhone(run.slice(from, start)), '‹card number›');
    from = end;
  }
  parts.push(redactPhone(run.slice(from)));
  return parts.join('');
}

function redactPhone(run: string): string {
  const digits = run.match(/\p{Nd}/gu)?.length ?? 0;
  return digits >= 9 || (digits >= 7 && /^[+(]/.test(run)) ? '‹phone number›' : run;
}
