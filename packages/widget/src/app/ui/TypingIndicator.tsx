import { Box } from '@twilio-paste/box';
import { ChatBubble, ChatMessage } from '@twilio-paste/chat-log';
import { describeAuthor } from './describe.js';
import { fill, useWords } from './strings.js';
import { VisuallyHidden } from './VisuallyHidden.jsx';

export function TypingIndicator({ identities }: { identities: readonly string[] }): React.JSX.Element | null {
  const { strings } = useWords();
  if (identities.length === 0) return null;
  const names = [...new Set(identities.map((identity) => describeAuthor(identity, strings)))];
  return (
    <ChatMessage variant="inbound" data-first data-last>
      <ChatBubble data-first data-last data-state="typing">
        <VisuallyHidden>{fill(strings.typing, { name: names.join(', ') })}</VisuallyHidden>
        <Box as="span" element="TYPING_DOTS" aria-hidden>
          <i />
          <i />
          <i />
        </Box>
      </ChatBubble>
    </ChatMessage>
  );
}
