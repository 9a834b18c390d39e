import type { ChatSession, ChatSnapshot } from '@conversations-web-chat/session';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { createAnnouncer } from './announcer.js';
import type { Strings } from './i18n/en.js';
import { currentNotice } from './notice.js';
import type { Announcement } from './ui/LiveRegion.jsx';
import type { ViewEmptiness, ViewNotice, ViewStatus } from './ui/view.js';

/** Interruptions shorter than this are nobody's business. */
const BLIP_MS = 1000;
/** Announcements go when they have been said: whoever reads on past the composer must not find everything twice. */
const SAID_MS = 30_000;

export interface Chat {
  snapshot: ChatSnapshot;
  status: ViewStatus;
  emptiness: ViewEmptiness;
  notice: ViewNotice | null;
  announcements: readonly Announcement[];
  draft: string;
  setDraft: (text: string) => void;
  sendDraft: () => void;
}

/** True once `on` has been true for so long. */
function useLasting(on: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => setLasting(true), ms);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [on, ms]);
  return on && lasting;
}

/** The user interface's one bridge to the session. */
export function useChat(session: ChatSession, strings: Strings): Chat {
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  // Of all of them together, so that the notice does not go and come when one trouble turns into another.
  const troubled = ['reconnecting', 'offline', 'failed'].includes(snapshot.status);
  const lasting = useLasting(troubled, BLIP_MS);
  const notice = currentNotice(snapshot, lasting, session, strings);
  const [draft, keepDraft] = useState(() => session.draft.read());
  const [announcements, setAnnouncements] = useState<readonly Announcement[]>([]);
  const [announcer] = useState(() => createAnnouncer(strings));
  const announced = useRef(0);

  const announce = useCallback((texts: readonly string[]) => {
    if (texts.length === 0) return;
    const fresh = texts.map((text) => ({ key: String(announced.current++), text }));
    setAnnouncements((kept) => [...kept, ...fresh]);
    setTimeout(() => setAnnouncements((kept) => kept.filter((one) => !fresh.includes(one))), SAID_MS);
  }, []);

  useEffect(() => announce(announcer(snapshot)), [snapshot, announcer, announce]);

  const noticeText = notice?.text;
  useEffect(() => {
    if (noticeText) announce([noticeText]);
  }, [noticeText, announce]);

  // Stored earlier, which is known once there is a conversation, or typed in another tab.
  useEffect(() => {
    const show = (): void => keepDraft(session.draft.read());
    show();
    return session.draft.subscribe(show);
  }, [session]);

  const setDraft = useCallback(
    (text: string) => {
      keepDraft(text);
      session.draft.write(text);
      if (text) session.typing();
    },
    [session],
  );
  const sendDraft = useCallback(() => {
    session.send(draft);
    keepDraft('');
    session.draft.write('');
  }, [session, draft]);

  const waitingForHistory =
    !snapshot.historyLoaded && (snapshot.status === 'idle' || snapshot.status === 'starting');
  return {
    snapshot,
    status: snapshot.status === 'idle' ? 'starting' : snapshot.status,
    emptiness:
      snapshot.messages.length > 0 || snapshot.typing.length > 0
        ? null
        : waitingForHistory
          ? 'loading'
          : snapshot.status === 'ended' || snapshot.status === 'blocked'
            ? null
            : 'empty',
    notice,
    announcements,
    draft,
    setDraft,
    sendDraft,
  };
}
