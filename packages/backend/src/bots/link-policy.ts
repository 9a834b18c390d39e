import { domainToASCII } from 'node:url';

/** What stands where a link was that the operator did not allow. */
export const LINK_REMOVED = '«link removed»';

/** Which hosts a bot may link to: `shop.example`, or `*.shop.example` for every host under it. */
export type AllowedLinks = readonly string[];

const LONGEST_LINK = 2_000;
const LETTER = '\\p{L}\\p{N}\\p{M}_';
/** Spaces, brackets, quotes and the full stops of Chinese and Japanese: no link goes on behind them. */
const BETWEEN = /([\s"“”‘’«»‹›<>`|{}()[\]、，；！？。）（】【》《」「』『]+|(?=https?:[/\\]))/iu;
const SCHEMES = 'data|blob|file|mailto|tel|sms|facetime|intent|magnet|geo|about|view-source|feed';
/** What a reader, a messenger or a browser would take for a link. */
const LINK = new RegExp(
  [
    // A scheme with slashes of either kind; starts of words only, for a time that grows with the length alone.
    '(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:[/\\\\]',
    `(?<![${LETTER}])(?:javascript:|vbscript:|(?:${SCHEMES}):\\S)`,
    `(?:^|:)[/\\\\]{2}[${LETTER}]`,
    // A name with dots in it, such as evil.example; its last part has no digits, so prices and times are none.
    `(?<![${LETTER}.-])(?:[${LETTER}-]+\\.)+(?:[\\p{L}\\p{M}]{2,}|xn--[a-z0-9-]+)`,
    '(?<![\\d.])\\d+(?:\\.\\d+){3}[:/?#]',
  ].join('|'),
  'iu',
);
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
const ROUND_ABOUT = /^[.,;:!?*~'…-]+|[.,;:!?*~'…-]+$/gu;

/**
 * Takes every link out of a text whose host is not allowed, and makes images of Markdown plain text. A link can carry
 * what a visitor said to somebody else's server, so its text goes as well, not only what makes it clickable; and a name
 * with dots counts as a link, because other programs make one of it. Total and idempotent.
 *
 * @example
 * keepAllowedLinks('see https://evil.example/?q=secret', ['shop.example']); // 'see «link removed»'
 */
export function keepAllowedLinks(text: string, allowed: AllowedLinks): string {
  return text
    .split(BETWEEN)
    .map((piece) => keepIfAllowed(piece, allowed))
    .join('')
    .replace(/!+\[/g, '[')
    .replaceAll('](', '] (');
}

function keepIfAllowed(piece: string, allowed: AllowedLinks): string {
  // Full-width letters and invisible ones make links that only look like none.
  const plain = piece.normalize('NFKC').replace(UNSEEN, '');
  if (!LINK.test(plain)) return piece;
  return plain.split(BETWEEN).every((part) => !LINK.test(part) || isAllowed(part, allowed))
    ? plain
    : LINK_REMOVED;
}

function isAllowed(piece: string, allowed: AllowedLinks): boolean {
  if (piece.length > LONGEST_LINK || piece.includes('\\')) return false;
  const link = piece.replace(ROUND_ABOUT, '');
  const address = /^[^/?#:@]+@([^/?#:@]+)$/.exec(link.replace(/^mailto:/i, ''));
  const text = address ? `https://${address[1]}` : /^https?:\/\//i.test(link) ? link : `https://${link}`;
  if (!URL.canParse(text)) return false;
  const { hostname, username, password, port } = new URL(text);
  if (username !== '' || password !== '' || port !== '' || !/^[a-z0-9.-]+$/.test(hostname)) return false;
  return allowed.some((entry) =>
    entry.startsWith('*.') ? hostname.endsWith(`.${asHost(entry.slice(2))}`) : hostname === asHost(entry),
  );
}

/** A name that is none becomes one that no host has. */
const asHost = (name: string): string => domainToASCII(name) || '-';
