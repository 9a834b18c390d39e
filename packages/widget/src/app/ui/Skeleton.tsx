import { Box } from '@twilio-paste/box';

/** The shape of a conversation, for as long as it is on its way. */
export function Skeleton(): React.JSX.Element {
  return (
    <Box element="CHAT_SKELETON" aria-hidden>
      <i data-wide />
      <i />
      <i data-own />
      <i data-wide />
    </Box>
  );
}
