/** The web's own parser, which every surrounding of a session has. */
declare const URL: new (
  text: string,
) => { protocol: string; username: string; password: string; hostname: string; href: string };

const SCHEMES = ['http:', 'https:', 'mailto:', 'tel:'];
const LONGEST = 2_048;
/** Parsers drop some of these and browsers others: an address that has any is nobody's honest one. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

/**
 * An address that a stranger wrote, as it may stand in a link: `http:`, `https:`, `mailto:` or `tel:`, absolute, without
 * a user name in front of the host (`https://bank.example@evil.example`), and normalised, so that what is shown of it is
 * where it leads. `null` for everything else.
 *
 * @example
 * ```ts
 * safeHref('https://shop.example/orders/7'); // 'https://shop.example/orders/7'
 * safeHref('javascript:alert(1)'); // null
 * ```
 */
export function safeHref(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > LONGEST || UNFIT.test(value)) return null;
  try {
    const { protocol, username, password, hostname, href } = new URL(value);
    if (!SCHEMES.includes(protocol) || username !== '' || password !== '') return null;
    return protocol.startsWith('http') && hostname === '' ? null : href;
  } catch {
    return null;
  }
}
