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

/**
 * Keeps the log where the visitor reads: at the newest message if they were there, else exactly where it was,
 * whatever is added above or below. The browser's own scroll anchoring is off (CSS), Safari has none.
 */
export function useLogScroll(messages: readonly ViewMessage[], loadOlder: (() => void) | null): LogScroll {
  const logRef = useRef<HTMLDivElement>(null);
  const [atBottom, setAtBottom] = useState(true);
  const stick = useRef(true);
  const before = useRef<{ first: string | undefined; lastOwn: string | undefined; height: number }>({
    first: undefined,
    lastOwn: undefined,
    height: 0,
  });

  const toBottom = useCallback(() => {
    const log = logRef.current;
    if (log) log.scrollTop = log.scrollHeight;
  }, []);

  const onScroll = useCallback(() => {
    const log = logRef.current;
    if (!log) return;
    stick.current = log.scrollHeight - log.scrollTop - log.clientHeight < AT_BOTTOM_PX;
    setAtBottom(stick.current);
    if (loadOlder && log.scrollTop < NEAR_TOP_PX) loadOlder();
  }, [loadOlder]);

  useLayoutEffect(() => {
    const log = logRef.current;
    if (!log) return;
    const first = messages[0]?.key;
    const newest = messages.at(-1);
    const lastOwn = newest?.own ? newest.key : before.current.lastOwn;
    const grewAbove =
      before.current.first !== undefined &&
      first !== before.current.first &&
      messages.some((message) => message.key === before.current.first);
    // What the visitor just wrote is always shown to them.
    if (lastOwn !== before.current.lastOwn && newest?.own) stick.current = true;
    if (stick.current) toBottom();
    else if (grewAbove) log.scrollTop += log.scrollHeight - before.current.height;
    before.current = { first, lastOwn, height: log.scrollHeight };
    onScroll();
  }, [messages, onScroll, toBottom]);

  // The keyboard, a growing composer, a notice or the typing dots change the room without changing the messages.
  useEffect(() => {
    const log = logRef.current;
    const list = log?.firstElementChild;
    if (!log || !list) return;
    const observer = new ResizeObserver(() => {
      if (stick.current) toBottom();
      before.current.height = log.scrollHeight;
    });
    observer.observe(log);
    observer.observe(list);
    return () => observer.disconnect();
  }, [toBottom]);

  const jumpToLatest = useCallback(() => {
    const log = logRef.current;
    if (!log) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    log.scrollTo({ top: log.scrollHeight, behavior: still ? 'auto' : 'smooth' });
    log.focus({ preventScroll: true });
  }, []);

  return { logRef, atBottom, onScroll, jumpToLatest };
}
