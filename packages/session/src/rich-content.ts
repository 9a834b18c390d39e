/**
 * Buttons, cards and lists of a message, as plain data that a user interface can show: what the service sends is read
 * here, once, and what makes no sense is left out.
 */

/** A choice that sends its title as the visitor's message. */
export interface RichReply {
  kind: 'reply';
  id: string;
  title: string;
}

/** A button that leads somewhere; only `http:`, `https:`, `mailto:` and `tel:`. */
export interface RichLink {
  kind: 'link';
  title: string;
  href: string;
}

export type RichAction = RichReply | RichLink;

export type RichContent =
  | { kind: 'text'; body: string }
  | { kind: 'media'; body: string; media: readonly string[] }
  | { kind: 'location'; latitude: number; longitude: number; label: string }
  | { kind: 'quick_reply'; body: string; replies: readonly RichReply[] }
  | { kind: 'call_to_action'; body: string; actions: readonly RichAction[] }
  | {
      kind: 'list';
      body: string;
      button: string;
      items: readonly { id: string; title: string; description: string }[];
    }
  | {
      kind: 'card';
      title: string;
      subtitle: string;
      media: readonly string[];
      actions: readonly RichAction[];
    };
