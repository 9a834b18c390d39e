import { Avatar } from '@twilio-paste/avatar';
import { Box } from '@twilio-paste/box';
import { Button } from '@twilio-paste/button';
import { ChatIcon } from '@twilio-paste/icons/esm/ChatIcon';
import { CloseIcon } from '@twilio-paste/icons/esm/CloseIcon';
import { useWords } from './strings.js';
import type { ViewStatus } from './view.js';

export interface HeaderProps {
  title: string;
  titleId: string;
  status: ViewStatus;
  onClose: () => void;
}

export function Header({ title, titleId, status, onClose }: HeaderProps): React.JSX.Element {
  const { strings } = useWords();
  const line = {
    starting: strings.statusStarting,
    online: strings.statusOnline,
    reconnecting: strings.statusReconnecting,
    offline: strings.statusOffline,
    ended: strings.statusEnded,
    blocked: strings.statusFailed,
    failed: strings.statusFailed,
  }[status];
  return (
    <Box as="header" element="CHAT_HEADER">
      <Avatar name={title} icon={ChatIcon} size="sizeIcon80" element="CHAT_HEADER_AVATAR" />
      <Box flex="1" minWidth="0px">
        <Box as="h1" element="CHAT_TITLE" id={titleId}>
          {title}
        </Box>
        <Box element="CHAT_STATUS" data-status={status}>
          {line}
        </Box>
      </Box>
      <Button
        variant="secondary_icon"
        size="icon"
        element="CHAT_CLOSE"
        onClick={onClose}
        aria-label={strings.close}
      >
        <CloseIcon decorative size="sizeIcon30" />
      </Button>
    </Box>
  );
}
