import { Avatar } from '@twilio-paste/avatar';
import { Box } from '@twilio-paste/box';
import { Button } from '@twilio-paste/button';
import { ChatBubble, ChatMessage } from '@twilio-paste/chat-log';
import { ErrorIcon } from '@twilio-paste/icons/esm/ErrorIcon';
import { memo } from 'react';
import { describeAuthor, describeFailure, describeTime } from './describe.js';
import { fill, useWords } from './strings.js';
import { VisuallyHidden } from './VisuallyHidden.jsx';
import type { ViewMessage } from './view.js';

export interface MessageProps {
  message: ViewMessage;
  /** First and last of a run by one author. */
  first: boolean;
  last: boolean;
  /** The newest of the visitor's own: the one whose arrival they wonder about. */
  newestOwn: boolean;
  /** What is still being sent waits for the network. */
  waiting: boolean;
  onRetry: (key: string) => void;
  onDiscard: (key: string) => void;
}

export const Message: React.FunctionComponent<MessageProps> = memo(function Message(props: MessageProps) {
  const { message, first, last, newestOwn, waiting, onRetry, onDiscard } = props;
  const { strings, locale } = useWords();
  const name = message.own ? strings.you : describeAuthor(message.author, strings);
  const time = describeTime(message.at, locale);
  const state = !message.own
    ? null
    : message.state === 'sending'
      ? waiting
        ? strings.waiting
        : strings.sending
      : message.state === 'failed'
        ? describeFailure(message.error, strings)
        : newestOwn
          ? strings.sent
          : null;
  const variant = message.own ? 'outbound' : 'inbound';
  return (
    <ChatMessage
      variant={variant}
      data-key={message.key}
      data-first={first || undefined}
      data-last={last || undefined}
    >
      {!message.own && first ? (
        <Box element="CHAT_AUTHOR" aria-hidden>
          <Avatar name={name} size="sizeIcon50" element="CHAT_AVATAR" />
          <bdi>{name}</bdi>
        </Box>
      ) : null}
      <VisuallyHidden>{fill(strings.messageFrom, { name, time })}</VisuallyHidden>
      <ChatBubble
        data-first={first || undefined}
        data-last={last || undefined}
        data-state={message.state}
        // The text's own direction, whatever the page's is.
        dir="auto"
      >
        {message.body}
      </ChatBubble>
      {message.state === 'failed' ? (
        <Box element="CHAT_FAILED">
          <span>
            <ErrorIcon decorative size="sizeIcon20" />
            {state}
          </span>
          {message.error === null || message.error === 'refused' ? (
            <Button variant="link" onClick={() => onRetry(message.key)}>
              {strings.retry}
            </Button>
          ) : null}
          <Button variant="link" onClick={() => onDiscard(message.key)}>
            {strings.discard}
          </Button>
        </Box>
      ) : last || message.edited || message.state === 'sending' ? (
        <Box element="CHAT_META">
          <bdi aria-hidden>{time}</bdi>
          {message.edited ? ` · ${strings.edited}` : null}
          {state ? ` · ${state}` : null}
        </Box>
      ) : null}
    </ChatMessage>
  );
});
