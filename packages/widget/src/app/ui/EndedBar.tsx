import { Box } from '@twilio-paste/box';
import { Button } from '@twilio-paste/button';
import type { Ref } from 'react';
import { useWords } from './strings.js';

export interface EndedBarProps {
  text: string;
  buttonRef: Ref<HTMLButtonElement>;
  onStartNew: () => void;
}

export function EndedBar({ text, buttonRef, onStartNew }: EndedBarProps): React.JSX.Element {
  const { strings } = useWords();
  return (
    <Box element="CHAT_ENDED">
      <Box as="p" margin="space0">
        {text}
      </Box>
      <Button ref={buttonRef} variant="primary" onClick={onStartNew}>
        {strings.startNew}
      </Button>
    </Box>
  );
}
