import type { SessionStorage } from './ports.js';
import type { TabNews } from './tab-message.js';

type DraftNews = TabNews & { kind: 'draft' };

export interface Draft {
  read(): string;
  write(text: string): void;
  /** Hears of a text that was not written by `write`: stored earlier, or typed in another tab. */
  subscribe(listener: () => void): () => void;
  /** From now on the draft is stored; one that was typed before it had a conversation comes along. */
  open(conversationSid: string | null): void;
  /** What was left in that other place comes along, where nothing else is typed. */
  adopt(conversationSid: string | null): void;
  /** Another tab of the visitor has written. What was typed here and is not known there stays as it is. */
  writtenElsewhere(news: DraftNews): void;
  /** Drops it; nothing is stored before it is opened again. */
  forget(): void;
}

export function createDraft(options: {
  storage: SessionStorage;
  key: string;
  tellTabs(news: DraftNews): void;
}): Draft {
  const { storage, key } = options;
  const listeners = new Set<() => void>();
  let text = '';
  let typedHere = false;
  let conversationSid: string | null = null;
  let place: string | null = null;

  const placeOf = (sid: string | null): string => (sid === null ? `${key}:draft` : `${key}:draft:${sid}`);
  const save = (): void => {
    if (place === null) return;
    if (text === '') storage.remove(place);
    else storage.write(place, text);
  };
  const adopt = (next: string): void => {
    typedHere = false;
    if (next === text) return;
    text = next;
    // Later, so that a listener that throws disturbs nothing here.
    for (const listener of listeners) void Promise.resolve().then(listener);
  };

  return {
    read: () => text,
    write(next) {
      if (next === text) return;
      const before = text;
      text = next;
      typedHere = next !== '';
      save();
      if (place !== null) options.tellTabs({ kind: 'draft', conversationSid, text, before });
    },
    subscribe(listener) {
      const call = (): void => listener();
      listeners.add(call);
      return () => void listeners.delete(call);
    },
    open(sid) {
      const next = placeOf(sid);
      if (next === place) return;
      const old = place;
      place = next;
      conversationSid = sid;
      // What is being typed in this moment is worth more than what was left here earlier.
      if (text === '') adopt(storage.read(next) ?? '');
      else save();
      if (old !== null) storage.remove(old);
    },
    adopt(sid) {
      const from = placeOf(sid);
      const left = from === place || text !== '' ? null : storage.read(from);
      if (left === null) return;
      adopt(left);
      save();
      storage.remove(from);
    },
    writtenElsewhere(news) {
      if (place === null || news.conversationSid !== conversationSid) return;
      if (!typedHere || text === news.before) return adopt(news.text);
      // Sent there, and taken away from storage with it.
      if (news.text === '') save();
    },
    forget() {
      place = null;
      adopt('');
    },
  };
}
