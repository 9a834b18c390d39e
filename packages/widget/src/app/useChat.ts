import type { ChatSession, ChatSnapshot } from '@conversations-web-chat/session';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Strings } from './i18n/en.js';
import { createNewcomers } from './newcomers.js';
import { currentNotice } from './notice.js';
import { describeAuthor } from './ui/describe.js';
import type { Announcement } from './ui/LiveRegion.jsx';
import { fill } from './ui/strings.js';
import type { ViewEmptiness, ViewNotice, ViewStatus } from './ui/view.js';

/** Interruptions shorter than this are nobody's business. */
const BLIP_MS = 1000;
/** Announcements stay in the live region for a while, then make room. */
const ANNOUNCEMENTS_KEPT = 20;

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

function useLasting(value: string, ms: number): boolean {
  const [lasting, setLasting] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return lasting === value;
}

/** The user interface's one bridge to the session. */
export function useChat(session: ChatSession, strings: Strings): Chat {
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const lasting = useLasting(snapshot.status, BLIP_MS);
  const notice = currentNotice(snapshot, lasting, session, strings);
  const [draft, keepDraft] = useState(() => session.draft.read());
  const [announcements, setAnnouncements] = useState<readonly Announcement[]>([]);
  const newcomers = useRef(createNewcomers()).current;
  const announced = useRef(0);

  const announce = useCallback((texts: readonly string[]) => {
    if (texts.length === 0) return;
    const fresh = texts.map((text) => ({ key: String(announced.current++), text }));
    setAnnouncements((kept) => [...kept, ...fresh].slice(-ANNOUNCEMENTS_KEPT));
  }, []);

  useEffect(() => {
    announce(
      newcomers(snapshot).map(({ author, body }) =>
        fill(strings.announced, { name: describeAuthor(author, strings), body }),
      ),
    );
  }, [snapshot, newcomers, announce, strings]);

  const noticeText = notice?.text;
  useEffect(() => {
    if (noticeText) announce([noticeText]);
  }, [noticeText, announce]);

  const failed = snapshot.messages.filter(({ state }) => state === 'failed').length;
  useEffect(() => {
    if (failed > 0) announce([strings.failed]);
  }, [failed, announce, strings]);

  // Drafts are kept per conversation: which one it is becomes known later than the field is usable.
  const { conversationSid } = snapshot;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again for each conversation
  useEffect(() => {
    keepDraft((text) => text || session.draft.read());
  }, [conversationSid, session]);

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
