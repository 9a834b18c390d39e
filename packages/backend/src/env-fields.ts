import { isIP } from 'node:net';
import { z } from 'zod';

/** The shapes that environment variables come in; each refusal completes the sentence "VARIABLE …". */

export const sid = (prefix: string): z.ZodString =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `is not ${prefix} followed by 32 hex digits`);

export const wholeNumber = (least: number, most: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is not between ${least} and ${most}`);

export const onOff: z.ZodType<boolean, string> = z
  .enum(['on', 'off'], 'is neither on nor off')
  .transform((text) => text === 'on');

export const oneOf = <const Name extends string>(names: readonly Name[]): z.ZodType<Name, string> =>
  z.enum(names, `is not one of ${names.join(', ')}`) as unknown as z.ZodType<Name, string>;

export const list: z.ZodType<readonly string[], string> = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);

/** The last day of something, as the Unix second in which it is over by UTC. */
export const lastDay: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'is not a date like 2027-03-31')
  .transform((text) => Date.parse(`${text}T00:00:00Z`) / 1000 + 86_400)
  .refine((seconds) => Number.isFinite(seconds), 'is a date that no calendar has');

const addressOf = (text: string, protocols: readonly string[]): URL | undefined => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  return parsed && protocols.includes(parsed.protocol) && !parsed.search && !parsed.hash ? parsed : undefined;
};

/** An address that may be shown: it is in logs, in what the commands print, in what Twilio is told. */
export const url = (...protocols: string[]): z.ZodType<string, string> =>
  urlWithLogin(...protocols).refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'holds a user or a password, which would be shown to others');

/** An address that may hold a user and a password, and is never shown whole. */
export const urlWithLogin = (...protocols: string[]): z.ZodType<string, string> =>
  z
    .string()
    .refine(
      (text) => addressOf(text, protocols) !== undefined,
      `is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}, without ? and #`,
    )
    .transform((text) => text.replace(/\/+$/, ''));

const isOrigin = (text: string): boolean =>
  text === 'null' || (URL.canParse(text) && new URL(text).origin === text && !text.includes('*'));

export const origins: z.ZodType<readonly string[], string> = list
  .refine((entries) => entries.length > 0, 'names no site')
  .refine((entries) => !entries.includes('*'), 'has *, which would let every site use this service')
  .refine((entries) => entries.every((origin) => origin === '*' || isOrigin(origin)), {
    message: 'has an entry that is not exactly scheme://host or scheme://host:port, in lower case',
  });

/** `kid=secret` with commas between; a secret is at least 32 bytes, which is what HS256 needs. */
export const secretsByKeyId: z.ZodType<Readonly<Record<string, string>>, string> = list
  .refine((entries) => entries.length > 0, 'names no key')
  .refine(
    (entries) => entries.every((entry) => /^[\w.-]{1,64}=\S+$/.test(entry)),
    'has an entry that is not kid=secret',
  )
  .transform((entries) =>
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
  .refine((pairs) => new Set(pairs.map(([kid]) => kid)).size === pairs.length, 'names a key id twice')
  .refine(
    (pairs) => pairs.every(([, secret]) => Buffer.byteLength(secret ?? '') >= 32),
    'has a secret of less than 32 bytes',
  )
  .transform((pairs) => Object.fromEntries(pairs) as Readonly<Record<string, string>>);

/** Proxies by address, by network such as `10.0.0.0/8`, or by the names that Express gave to private networks. */
export const proxies: z.ZodType<readonly string[], string> = list
  .refine(
    (entries) => entries.every((entry) => !/\/0+$/.test(entry)),
    'trusts everybody, which lets each caller choose an address',
  )
  .refine(
    (entries) => entries.every(isProxy),
    'has an entry that is no address, no network like 10.0.0.0/8, and not loopback, linklocal or uniquelocal',
  );

function isProxy(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true;
  const [address = '', bits, ...more] = entry.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
