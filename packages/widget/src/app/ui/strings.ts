import { createContext, useContext } from 'react';
import { en, type Strings } from '../i18n/en.js';

export interface Words {
  strings: Strings;
  /** BCP 47, for dates and times. */
  locale: string | undefined;
}

export const WordsContext: React.Context<Words> = createContext<Words>({ strings: en, locale: undefined });
export const useWords = (): Words => useContext(WordsContext);

/** Puts values into `{name}` places. One pass, so that a value that looks like a place stays as it is. */
export function fill(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : place,
  );
}
