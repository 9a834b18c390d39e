import { Box } from '@twilio-paste/box';

export interface Announcement {
  key: string;
  text: string;
}

/** The one place that speaks. Each announcement is a node of its own, so that each is read once. */
export function LiveRegion({ announcements }: { announcements: readonly Announcement[] }): React.JSX.Element {
  return (
    <Box
      element="VISUALLY_HIDDEN"
      role="status"
      aria-live="polite"
      aria-atomic="false"
      aria-relevant="additions"
    >
      {announcements.map(({ key, text }) => (
        <div key={key}>{text}</div>
      ))}
    </Box>
  );
}
