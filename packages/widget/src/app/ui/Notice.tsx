import { Box } from '@twilio-paste/box';
import { Button } from '@twilio-paste/button';
import { ErrorIcon } from '@twilio-paste/icons/esm/ErrorIcon';
import { InformationIcon } from '@twilio-paste/icons/esm/InformationIcon';
import { WarningIcon } from '@twilio-paste/icons/esm/WarningIcon';
import type { ViewNotice } from './view.js';

/** One thing the visitor should know, never in the way. The live region reads it out, so this has no role. */
export function Notice({ notice }: { notice: ViewNotice }): React.JSX.Element {
  const Icon = { neutral: InformationIcon, warning: WarningIcon, error: ErrorIcon }[notice.tone];
  return (
    <Box element="CHAT_NOTICE" variant={notice.tone}>
      <Icon decorative size="sizeIcon20" />
      <Box as="span" flex="1" minWidth="0px">
        {notice.text}
      </Box>
      {notice.action ? (
        <Button variant="link" onClick={notice.action.run}>
          {notice.action.label}
        </Button>
      ) : null}
    </Box>
  );
}
