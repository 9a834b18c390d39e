import { createHash, randomBytes } from 'node:crypto';

/** The prefixes Twilio puts before the 32 hex digits of an id. */
export type SidPrefix =
  | 'AC'
  | 'SK'
  | 'IS'
  | 'CH'
  | 'IM'
  | 'MB'
  | 'US'
  | 'RL'
  | 'WH'
  | 'MG'
  | 'ME'
  | 'DY'
  | 'SM'
  | 'HX'
  | 'CR'
  | 'BS'
  | 'RQ'
  | 'ET'
  | 'ES'
  | 'MP';

/** Where new ids come from, passed in so that a test can make them predictable. */
export interface Ids {
  sid(prefix: SidPrefix): string;
}

export const randomIds: Ids = { sid: (prefix) => prefix + randomBytes(16).toString('hex') };

/** A SID that is the same every time for the same name: for things that every store has from the start. */
export function fixedSid(prefix: SidPrefix, name: string): string {
  return prefix + createHash('sha256').update(`${prefix}:${name}`).digest('hex').slice(0, 32);
}
