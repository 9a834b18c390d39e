/** The chat as the user interface needs it. Structurally what a session gives, so that neither knows the other. */

export interface ViewMessage {
  key: string;
  index: number | null;
  author: string;
  own: boolean;
  body: string;
  at: number;
  state: 'sending' | 'sent' | 'failed';
  /** The session's code; what has no sentence of its own gets a general one. */
  error: string | null;
  edited: boolean;
}

export type ViewStatus = 'starting' | 'online' | 'reconnecting' | 'offline' | 'ended' | 'blocked' | 'failed';

export interface ViewNotice {
  tone: 'neutral' | 'warning' | 'error';
  text: string;
  action: { label: string; run: () => void } | null;
}

/** For a moment nothing has come yet, for another nothing is there. */
export type ViewEmptiness = 'loading' | 'empty' | null;
