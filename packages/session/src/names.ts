import type { StaffOptions } from './contract.js';
import type { SessionStorage } from './ports.js';
import { shownLine } from './shown-text.js';
import type { ChatRole } from './snapshot.js';

const VERSION = 1;
const LONGEST = 80;
const MOST = 50;

/** What to call whom, also after they left, and after the page was loaded again. */
export interface Names {
  /** `null` when none is known. */
  of(identity: string): string | null;
  /** Takes a name out of somebody's attributes, if it is one of the site's own people. */
  learn(identity: string, attributes: unknown): void;
  /** Reads what was known at the last visit. */
  load(): void;
  forget(): void;
}

/**
 * Names given by the site come first. Those that people carry in their attributes (`displayName`, or `name`) count for
 * agents and bots only: anybody else could call themselves an agent.
 */
export function createNames(options: {
  storage: SessionStorage;
  /** Storage key of the installation. */
  key: string;
  staff: StaffOptions | undefined;
  roleOf(identity: string): ChatRole;
}): Names {
  const { storage, staff, roleOf } = options;
  const key = `${options.key}:people`;
  let learned: ReadonlyMap<string, string> = new Map();

  const isStaff = (identity: string): boolean => {
    const role = roleOf(identity);
    return role === 'agent' || role === 'bot';
  };

  return {
    of(identity) {
      const { names } = staff ?? {};
      const given = names && Object.hasOwn(names, identity) ? shownLine(names[identity], LONGEST) : null;
      return given ?? (isStaff(identity) ? (learned.get(identity) ?? null) : null);
    },
    learn(identity, attributes) {
      if (typeof attributes !== 'object' || attributes === null || !isStaff(identity)) return;
      const { displayName, name } = attributes as Partial<Record<string, unknown>>;
      const found = shownLine(displayName, LONGEST) ?? shownLine(name, LONGEST);
      if (found === null || learned.get(identity) === found) return;
      const others = [...learned].filter(([other]) => other !== identity);
      learned = new Map([...others.slice(1 - MOST), [identity, found]]);
      storage.write(key, JSON.stringify({ version: VERSION, names: [...learned] }));
    },
    load() {
      learned = new Map([...readNames(storage.read(key)), ...learned]);
    },
    forget() {
      learned = new Map();
      storage.remove(key);
    },
  };
}

/** Total: whatever stands in storage, what makes no sense is left out. */
export function readNames(text: string | null): [string, string][] {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null) return [];
    const { version, names } = value as Partial<Record<string, unknown>>;
    if (version !== VERSION || !Array.isArray(names)) return [];
    return names.slice(-MOST).flatMap((entry: unknown): [string, string][] => {
      if (!Array.isArray(entry)) return [];
      const [identity, name] = entry as unknown[];
      const line = shownLine(name, LONGEST);
      return typeof identity === 'string' && identity !== '' && line !== null ? [[identity, line]] : [];
    });
  } catch {
    return [];
  }
}
