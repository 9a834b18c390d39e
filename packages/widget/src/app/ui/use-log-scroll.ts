import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ViewMessage } from './view.js';

/** Closer to an end than this counts as being there. */
const AT_BOTTOM_PX = 48;
const NEAR_TOP_PX = 240;

export interface LogScroll {
  logRef: RefObject<HTMLDivElement>;
  atBottom: boolean;
  onScroll: () => void;
  jumpToLatest: () => void;
}

/** A message in view and how far from the log's upper edge it stands. */
interface Anchor {
  key: string;
  top: number;
}

const rowsOf = (log: HTMLElement): NodeListOf<HTMLElement> => log.querySelectorAll('[data-key]');
const topOf = (row: HTMLElement, log: HTMLElement): number =>
  row.getBoundingClientRect().top - log.getBoundingClientRect().top;

/** The first message that begins in view; rows stand in order, so half of them are left out at each look. */
function findAnchor(log: HTMLElement): Anchor | null {
  const rows = rowsOf(log);
  let from = 0;
  let to = rows.length - 1;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (topOf(rows[middle] as HTMLElement, log) < 0) from = middle + 1;
    else to = middle;
  }
  const row = rows[from];
  return row?.dataset.key === undefined ? null : { key: row.dataset.key, top: topOf(row, log) };
}

/**
 * Keeps the log where the visitor reads: at the newest message if they were there, else with the message before
 * their eyes exactly where it was, whatever is added, changed or taken away above or below. The browser's own
 * scroll anchoring is off (CSS): Safari has none, and none works at the very top.
 */
export function useLogScroll(messages: readonly ViewMessage[], loadOlder: (() => void) | null): LogScroll {
  const logRef = useRef<HTMLDivElement>(null);
  const [atBottom, setAtBottom] = useState(true);
  const stick = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const lastOwn = useRef<string | undefined>(undefined);
  const askedBefore = useRef<string | undefined>(undefined);
  const oldest = messages[0]?.key;

  /** Where the log is after the visitor, or we, moved it. */
  const look = useCallback(() => {
    const log = logRef.current;
    if (!log) return;
    stick.current = log.scrollHeight - log.scrollTop - log.clientHeight < AT_BOTTOM_PX;
    anchor.current = stick.current ? null : findAnchor(log);
    setAtBottom(stick.current);
    // Asked again while nothing came of it, it would be asked without end: only the visitor's own scrolling may.
    if (loadOlder && log.scrollTop < NEAR_TOP_PX && askedBefore.current !== oldest) {
      askedBefore.current = oldest;
      loadOlder();
    }
  }, [loadOlder, oldest]);

  const onScroll = useCallback(() => {
    askedBefore.current = undefined;
    look();
  }, [look]);

  /** Puts it back after something in it changed. */
  const settle = useCallback(() => {
    const log = logRef.current;
    if (!log) return;
    if (stick.current) log.scrollTop = log.scrollHeight;
    else if (anchor.current) {
      const { key, top } = anchor.current;
      const row = [...rowsOf(log)].find(({ dataset }) => dataset.key === key);
      if (row) log.scrollTop += topOf(row, log) - top;
    }
    look();
  }, [look]);

  useLayoutEffect(() => {
    const newest = messages.at(-1);
    // What the visitor just wrote is always shown to them.
    if (newest?.own && newest.key !== lastOwn.current) {
      lastOwn.current = newest.key;
      stick.current = true;
    }
    settle();
  }, [messages, settle]);

  // The keyboard, a growing composer, a notice or the typing dots change the room without changing the messages.
  useEffect(() => {
    const log = logRef.current;
    const content = log?.firstElementChild;
    if (!log || !content) return;
    const observer = new ResizeObserver(settle);
    observer.observe(log);
    observer.observe(content);
    return () => observer.disconnect();
  }, [settle]);

  const jumpToLatest = useCallback(() => {
    const log = logRef.current;
    if (!log) return;
    const distance = log.scrollHeight - log.scrollTop - log.clientHeight;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches || distance > 3 * log.clientHeight;
    log.scrollTo({ top: log.scrollHeight, behavior: still ? 'auto' : 'smooth' });
    log.focus({ preventScroll: true });
  }, []);

  return { logRef, atBottom, onScroll, jumpToLatest };
}
