import type { ChatSession, ChatSnapshot } from '@conversations-web-chat/session';
import { Box } from '@twilio-paste/box';
import {
  type FocusEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ChatOptions } from '../config.js';
import { en } from './i18n/en.js';
import { ChatTheme } from './theme/ChatTheme.jsx';
import { Composer } from './ui/Composer.jsx';
import { EndedBar } from './ui/EndedBar.jsx';
import { Header } from './ui/Header.jsx';
import { LiveRegion } from './ui/LiveRegion.jsx';
import { MessageLog } from './ui/MessageLog.jsx';
import { Notice } from './ui/Notice.jsx';
import { WordsContext } from './ui/strings.js';
import { useChat } from './useChat.js';
import type { ViewStore } from './view-store.js';

export interface AppProps {
  session: ChatSession;
  view: ViewStore;
  options: Pick<ChatOptions, 'title' | 'nonce'>;
  onClose: () => void;
}

export function App({ session, view, options, onClose }: AppProps): React.JSX.Element {
  const panel = useSyncExternalStore(view.subscribe, view.get);
  const chat = useChat(session, en);
  const { snapshot } = chat;
  const fieldRef = useRef<HTMLTextAreaElement>(null);
  const startRef = useRef<HTMLButtonElement>(null);
  const windowRef = useRef<HTMLElement>(null);
  const focusedRef = useRef<Element | null>(null);
  const [atBottom, setAtBottom] = useState(true);
  const words = useMemo(() => ({ strings: en, locale: undefined }), []);
  const ended = snapshot.status === 'ended';

  const focus = useCallback(() => {
    const field = fieldRef.current;
    (field ?? startRef.current ?? windowRef.current)?.focus({ preventScroll: true });
    // A text that was there before the field stands behind the caret; whoever goes on writing goes on after it.
    if (field?.selectionEnd === 0) field.setSelectionRange(field.value.length, field.value.length);
  }, []);
  // Before the next key is pressed, not after the next paint.
  useLayoutEffect(() => {
    if (panel.focus > 0) focus();
  }, [panel.focus, focus]);

  // A button that goes away when it is pressed would take the visitor's place in the chat with it.
  useLayoutEffect(() => {
    if (!focusedRef.current || focusedRef.current.isConnected) return;
    focusedRef.current = null;
    if (document.hasFocus() && document.activeElement === document.body) focus();
  });

  const { prefill } = panel;
  const { setDraft } = chat;
  useLayoutEffect(() => {
    if (prefill.count > 0) setDraft(prefill.text);
  }, [prefill, setDraft]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the messages may need it
  useEffect(() => {
    const look = (): void => {
      if (panel.open && atBottom && snapshot.historyLoaded && !document.hidden) session.markRead();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [panel.open, atBottom, snapshot.messages, snapshot.historyLoaded, session]);

  // Wherever in the frame the focus is, also nowhere.
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      event.preventDefault();
      onClose();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [onClose]);

  const onStartNew = useCallback(() => {
    session.startNew();
    view.set({ focus: view.get().focus + 1 });
  }, [session, view]);

  return (
    <ChatTheme theme={panel.theme} nonce={options.nonce}>
      <WordsContext.Provider value={words}>
        <Box
          ref={windowRef}
          element="CHAT_WINDOW"
          data-closed={!panel.open || undefined}
          role="dialog"
          aria-labelledby="chat-title"
          tabIndex={-1}
          onFocus={(event: FocusEvent) => {
            focusedRef.current = event.target;
          }}
        >
          <Header title={options.title} titleId="chat-title" status={chat.status} onClose={onClose} />
          {chat.notice ? <Notice notice={chat.notice} /> : null}
          <MessageLog
            messages={snapshot.messages}
            emptiness={chat.emptiness}
            typing={snapshot.typing}
            hasOlder={snapshot.hasOlder}
            loadingOlder={snapshot.loadingOlder}
            waiting={snapshot.status !== 'online' && snapshot.status !== 'starting'}
            onLoadOlder={session.loadOlder}
            onRetry={session.retry}
            onDiscard={session.discard}
            onAtBottom={setAtBottom}
          />
          {ended ? (
            <EndedBar text={endedText(snapshot.reason)} buttonRef={startRef} onStartNew={onStartNew} />
          ) : (
            <Composer
              text={chat.draft}
              disabled={snapshot.status === 'blocked'}
              fieldRef={fieldRef}
              onChange={chat.setDraft}
              onSend={chat.sendDraft}
            />
          )}
          <LiveRegion announcements={chat.announcements} />
        </Box>
      </WordsContext.Provider>
    </ChatTheme>
  );
}

function endedText(reason: ChatSnapshot['reason']): string {
  if (reason === 'ended_by_visitor') return en.endedByYou;
  return reason === 'conversation_gone' ? en.endedGone : en.ended;
}
