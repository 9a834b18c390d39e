import type { Strings } from '../i18n/en.js';
import type { ViewMessage } from './view.js';

export function describeTime(at: number, locale: string | undefined): string {
  return Number.isFinite(at)
    ? new Date(at).toLocaleTimeString(locale, { hour: 'numeric', minute: '2-digit' })
    : '';
}

/** "Today", "Yesterday", a weekday within the last week, else the date; by the visitor's own calendar. */
export function describeDay(at: number, now: number, locale: string | undefined, strings: Strings): string {
  const then = new Date(at);
  const today = new Date(now);
  // Counted between midnights, with rounding, because days of 23 and 25 hours exist.
  const midnight = (date: Date): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(today) - midnight(then)) / 86_400_000);
  if (days === 0) return strings.today;
  if (days === 1) return strings.yesterday;
  if (days > 1 && days < 7) return then.toLocaleDateString(locale, { weekday: 'long' });
  const sameYear = then.getFullYear() === today.getFullYear();
  return then.toLocaleDateString(locale, {
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

export function describeFailure(error: ViewMessage['error'], strings: Strings): string {
  if (error === 'too_long') return strings.failedTooLong;
  if (error === 'malformed_text') return strings.failedMalformed;
  if (error === 'refused') return strings.failedRefused;
  if (error === 'conversation_closed') return strings.failedClosed;
  return strings.failed;
}

const IDENTIFIER = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[A-Z]{2}[0-9a-f]{32}|system)$/i;
// Controls and marks that reorder text could make one name look like another.
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** Twilio's SDKs and Flex write what an identity may not contain as `_` and its code: `maria_40shop_2Ecom`. */
const ENCODED = /_([2-7][0-9A-F])/g;

/**
 * A name for an author's identity: `maria.lopez@shop.com` reads "Maria Lopez", `shop-bot` "Shop Bot". Identities
 * that say nothing to a person become "Support".
 */
export function describeAuthor(identity: string, strings: Strings): string {
  const clean = identity.replace(INVISIBLE, '').trim();
  if (!clean || IDENTIFIER.test(clean)) return strings.support;
  const local = clean
    .replace(ENCODED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/@[^@\s]*$/, '');
  const words = local.split(/[\s._-]+/).filter(Boolean);
  const name = words.map((word) => word.replace(/^./u, (letter) => letter.toLocaleUpperCase())).join(' ');
  const characters = [...(name || clean)];
  return characters.length > 40 ? `${characters.slice(0, 39).join('')}…` : characters.join('');
}
