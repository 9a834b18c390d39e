import { Box } from '@twilio-paste/box';
import { Button } from '@twilio-paste/button';
import { ChatBookend, ChatBookendItem } from '@twilio-paste/chat-log';
import { ArrowDownIcon } from '@twilio-paste/icons/esm/ArrowDownIcon';
import { ChatIcon } from '@twilio-paste/icons/esm/ChatIcon';
import { useEffect, useMemo, useState } from 'react';
import { describeDay } from './describe.js';
import { Message } from './Message.jsx';
import { messageRows } from './message-rows.js';
import { Skeleton } from './Skeleton.jsx';
import { fill, useWords } from './strings.js';
import { TypingIndicator } from './TypingIndicator.jsx';
import { useLogScroll } from './use-log-scroll.js';
import { VisuallyHidden } from './VisuallyHidden.jsx';
import type { ViewEmptiness, ViewMessage } from './view.js';

export interface MessageLogProps {
  messages: readonly ViewMessage[];
  emptiness: ViewEmptiness;
  typing: readonly string[];
  hasOlder: boolean;
  loadingOlder: boolean;
  waiting: boolean;
  onLoadOlder: () => void;
  onRetry: (key: string) => void;
  onDiscard: (key: string) => void;
  /** The newest message came into, or went out of, sight. */
  onAtBottom: (atBottom: boolean) => void;
}

/** How many messages of others have come since the visitor scrolled away from the newest. */
function useMissed(messages: readonly ViewMessage[], atBottom: boolean): number {
  const [seen, setSeen] = useState(-1);
  const newest = messages.reduce((highest, { index }) => Math.max(highest, index ?? -1), -1);
  useEffect(() => {
    if (atBottom) setSeen(newest);
  }, [atBottom, newest]);
  return atBottom ? 0 : messages.filter(({ own, index }) => !own && index !== null && index > seen).length;
}

export function MessageLog(props: MessageLogProps): React.JSX.Element {
  const { messages, emptiness, typing, hasOlder, loadingOlder, waiting, onAtBottom } = props;
  const { strings, locale } = useWords();
  const canLoad = hasOlder && !loadingOlder && !waiting;
  const { logRef, atBottom, onScroll, jumpToLatest } = useLogScroll(
    messages,
    canLoad ? props.onLoadOlder : null,
  );
  const missed = useMissed(messages, atBottom);
  const rows = useMemo(() => messageRows(messages), [messages]);
  const newestOwn = messages.findLast(({ own }) => own)?.key;
  const now = Date.now();

  useEffect(() => onAtBottom(atBottom), [atBottom, onAtBottom]);

  return (
    <Box element="CHAT_LOG_AREA">
      <Box
        ref={logRef}
        element="CHAT_LOG"
        role="log"
        // Announced by the live region instead: older pages and re-rendered bubbles must not be read out again.
        aria-live="off"
        aria-label={strings.log}
        aria-busy={emptiness === 'loading'}
        tabIndex={0}
        onScroll={onScroll}
      >
        <Box element="CHAT_ROWS">
          {hasOlder ? (
            <Box element="CHAT_OLDER" data-loading={loadingOlder || undefined}>
              <VisuallyHidden>{strings.loadingOlder}</VisuallyHidden>
            </Box>
          ) : null}
          {emptiness === 'loading' ? <Skeleton /> : null}
          {emptiness === 'empty' ? (
            <Box element="CHAT_EMPTY">
              <ChatIcon decorative size="sizeIcon60" />
              <h2>{strings.emptyTitle}</h2>
              <p>{strings.emptyText}</p>
            </Box>
          ) : null}
          {rows.length > 0 || typing.length > 0 ? (
            <Box element="CHAT_LIST" role="list">
              {rows.map((row) =>
                row.kind === 'day' ? (
                  <ChatBookend key={row.key}>
                    <ChatBookendItem>
                      {describeDay(row.at, Math.max(now, row.at), locale, strings)}
                    </ChatBookendItem>
                  </ChatBookend>
                ) : (
                  <Message
                    key={row.key}
                    message={row.message}
                    first={row.first}
                    last={row.last}
                    newestOwn={row.key === newestOwn}
                    waiting={waiting}
                    onRetry={props.onRetry}
                    onDiscard={props.onDiscard}
                  />
                ),
              )}
              <TypingIndicator identities={typing} />
            </Box>
          ) : null}
        </Box>
      </Box>
      {atBottom ? null : (
        <Box element="CHAT_JUMP">
          <Button variant="secondary" size="rounded_small" onClick={jumpToLatest}>
            <ArrowDownIcon decorative size="sizeIcon10" />
            {missed === 0
              ? strings.jumpToLatest
              : missed === 1
                ? strings.newMessage
                : fill(strings.newMessages, { count: missed })}
          </Button>
        </Box>
      )}
    </Box>
  );
}
