import type { ChatTheme } from '../config.js';

/** What the loader says of the panel, for React to read. */
export interface PanelView {
  open: boolean;
  theme: ChatTheme;
  /** Counts up each time the composer is to take the focus. */
  focus: number;
  /** The last text the page asked to put into the composer; counted, because the same text may come twice. */
  prefill: { count: number; text: string };
}

export interface ViewStore {
  get(): PanelView;
  set(change: Partial<PanelView>): void;
  subscribe(listener: () => void): () => void;
}

export function createViewStore(theme: ChatTheme): ViewStore {
  let view: PanelView = { open: false, theme, focus: 0, prefill: { count: 0, text: '' } };
  const listeners = new Set<() => void>();
  return {
    get: () => view,
    set(change) {
      view = { ...view, ...change };
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
