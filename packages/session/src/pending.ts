import type { Choice } from './choices.js';
import type { MessageErrorCode } from './snapshot.js';

/** A file of a message that waits, without its content. */
export interface PendingFile {
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** The share that is with the service, 0 to 1; `null` when it is not on its way. */
  readonly progress: number | null;
}

/**
 * A message of this visitor that is not in the history yet. `sent`: the service took it, and its own copy has not
 * been seen yet.
 */
export interface PendingMessage {
  /** The client id; travels as `cid` in the message attributes and pairs this entry with the stored message. */
  readonly cid: string;
  readonly body: string;
  readonly at: number;
  readonly state: 'queued' | 'sent' | 'failed';
  readonly index: number | null;
  readonly error: MessageErrorCode | null;
  /** An attempt left and its outcome is not known: look before sending again. */
  readonly attempted: boolean;
  /** The newest index known when it was last certain that the service did not have it; -1 when none was known. */
  readonly after: number;
  /** It is a choice that a message offered. */
  readonly choice?: Choice;
  readonly files: readonly PendingFile[];
  /** Other tabs, and this one after a reload, have all it takes to send it; to them it lacks its files before. */
  readonly kept: boolean;
}

type Pending = readonly PendingMessage[];

function change(list: Pending, cid: string, update: (entry: PendingMessage) => PendingMessage): Pending {
  return list.map((entry) => (entry.cid === cid ? update(entry) : entry));
}

export function queued(list: Pending, entry: PendingMessage): Pending {
  return list.some(({ cid }) => cid === entry.cid) ? list : [...list, entry];
}

/** The contents of its files are where all tabs find them. */
export function kept(list: Pending, cid: string): Pending {
  return change(list, cid, (entry) => ({ ...entry, kept: true }));
}

/** `share` of one file, or of each, is with the service; `null`: it is not on its way any more. */
export function progressed(list: Pending, cid: string, place: number | 'all', share: number | null): Pending {
  return change(list, cid, (entry) => {
    const files = entry.files.map((file, at) => {
      return place === 'all' || at === place ? { ...file, progress: share } : file;
    });
    return { ...entry, files };
  });
}

export function attempting(list: Pending, cid: string, after: number): Pending {
  return change(list, cid, (entry) => ({ ...entry, attempted: true, after }));
}

/** It is certain that the service did not take this attempt; of one `before` it may not be. */
export function notTaken(list: Pending, cid: string, before: boolean): Pending {
  return change(list, cid, (entry) => ({ ...entry, attempted: before }));
}

export function acked(list: Pending, cid: string, index: number | null): Pending {
  return change(list, cid, (entry) => ({ ...entry, state: 'sent', index, error: null }));
}

export function failed(list: Pending, cid: string, error: MessageErrorCode): Pending {
  return change(list, cid, (entry) =>
    entry.state === 'sent' ? entry : { ...entry, state: 'failed', attempted: false, error },
  );
}

/** A failed message goes to the end of the line: what was written after it has passed it. */
export function retried(list: Pending, cid: string): Pending {
  const entry = list.find((candidate) => candidate.cid === cid && candidate.state === 'failed');
  if (!entry) return list;
  return [...dropped(list, cid), { ...entry, state: 'queued', error: null }];
}

export function dropped(list: Pending, cid: string): Pending {
  const rest = list.filter((entry) => entry.cid !== cid);
  return rest.length === list.length ? list : rest;
}
