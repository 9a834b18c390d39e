import { Box } from '@twilio-paste/box';
import type { ReactNode } from 'react';

export function VisuallyHidden({ children }: { children: ReactNode }): React.JSX.Element {
  return (
    <Box as="span" element="VISUALLY_HIDDEN">
      {children}
    </Box>
  );
}
