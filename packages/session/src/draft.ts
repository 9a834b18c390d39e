import type { SessionStorage } from './ports.js';

export interface Draft {
  read(): string;
  write(text: string): void;
  /** From now on the draft is stored; one that was typed before it had a conversation comes along. */
  open(conversationSid: string | null): void;
  /** Drops it; nothing is stored before it is opened again. */
  forget(): void;
}

export function createDraft(storage: SessionStorage, key: string): Draft {
  let text = '';
  let place: string | null = null;

  const save = (): void => {
    if (place === null) return;
    if (text === '') storage.remove(place);
    else storage.write(place, text);
  };

  return {
    read: () => text,
    write(next) {
      text = next;
      save();
    },
    open(conversationSid) {
      const next = conversationSid === null ? `${key}:draft` : `${key}:draft:${conversationSid}`;
      if (next === place) return;
      const old = place;
      place = next;
      // What is being typed in this moment is worth more than what was left here earlier.
      if (text === '') text = storage.read(next) ?? '';
      else save();
      if (old !== null) storage.remove(old);
    },
    forget() {
      text = '';
      place = null;
    },
  };
}
