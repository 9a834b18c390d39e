import type { RichAction, RichContent, RichReply } from './rich-content.js';
import { safeHref } from './safe-href.js';
import { shownLine } from './shown-text.js';

/** Twilio allows ten at most. */
const MOST = 20;
const LONGEST_BODY = 32_768;
const LONGEST_LINE = 300;
const LONGEST_ID = 256;

type Fields = Partial<Record<string, unknown>>;

/** The names that the SDK gives to Twilio's content types. */
const SDK_TYPES: Readonly<Record<string, string>> = {
  text: 'twilio/text',
  media: 'twilio/media',
  location: 'twilio/location',
  quickReply: 'twilio/quick-reply',
  callToAction: 'twilio/call-to-action',
  listPicker: 'twilio/list-picker',
  card: 'twilio/card',
};
/** Where content comes in several types, the one that shows most is taken. */
const BEST_FIRST = ['card', 'list-picker', 'call-to-action', 'quick-reply', 'location', 'media', 'text'];

/**
 * Reads the content of a rich message: what the SDK's `getContentData()` resolves to, or an object with Twilio's own
 * content types for keys (`{ "twilio/quick-reply": … }`). Total: any input gives content that can be shown as it is, or
 * `null`. What makes no sense, and links that lead where links must not, are left out.
 *
 * @example
 * ```ts
 * readRichContent({ 'twilio/quick-reply': { body: 'Did that help?', actions: [{ title: 'Yes', id: 'yes' }] } });
 * // { kind: 'quick_reply', body: 'Did that help?', replies: [{ kind: 'reply', id: 'yes', title: 'Yes' }] }
 * ```
 */
export function readRichContent(value: unknown): RichContent | null {
  const fields = fieldsOf(value);
  const named = typeof fields.type === 'string' ? SDK_TYPES[fields.type] : undefined;
  if (named !== undefined) return readType(named, fields);
  for (const type of BEST_FIRST) {
    const found = readType(`twilio/${type}`, fieldsOf(fields[`twilio/${type}`]));
    if (found) return found;
  }
  return null;
}

/** What the visitor can choose in it, each with the text that a choice sends. */
export function choicesOf(content: RichContent | null): readonly { id: string; title: string }[] {
  switch (content?.kind) {
    case 'quick_reply':
      return content.replies;
    case 'list':
      return content.items;
    case 'call_to_action':
    case 'card':
      return content.actions.filter((action) => action.kind === 'reply');
    default:
      return [];
  }
}

function readType(type: string, fields: Fields): RichContent | null {
  const body = bodyOf(fields.body);
  const text: RichContent | null = body === '' ? null : { kind: 'text', body };
  switch (type) {
    case 'twilio/text':
      return text;
    case 'twilio/media': {
      const media = mediaOf(fields.media);
      return media.length === 0 ? text : { kind: 'media', body, media };
    }
    case 'twilio/location': {
      const latitude = numberOf(fields.latitude, 90);
      const longitude = numberOf(fields.longitude, 180);
      if (latitude === null || longitude === null) return null;
      return { kind: 'location', latitude, longitude, label: lineOf(fields.label) };
    }
    case 'twilio/quick-reply': {
      const replies = unlike(listOf(fields.replies ?? fields.actions, replyOf));
      return replies.length === 0 ? text : { kind: 'quick_reply', body, replies };
    }
    case 'twilio/call-to-action': {
      const actions = actionsOf(fields.actions);
      return actions.length === 0 ? text : { kind: 'call_to_action', body, actions };
    }
    case 'twilio/list-picker': {
      const items = unlike(listOf(fields.items, itemOf));
      return items.length === 0 ? text : { kind: 'list', body, button: lineOf(fields.button), items };
    }
    case 'twilio/card': {
      const title = bodyOf(fields.title);
      const subtitle = lineOf(fields.subtitle);
      const media = mediaOf(fields.media);
      const actions = actionsOf(fields.actions);
      if (title === '' && subtitle === '' && media.length === 0 && actions.length === 0) return null;
      return { kind: 'card', title, subtitle, media, actions };
    }
    default:
      return null;
  }
}

function replyOf(fields: Fields): RichReply | null {
  const title = lineOf(fields.title);
  // Templates may leave the id out: then the title is all that the service would get.
  const id = fields.id === undefined || fields.id === '' ? title : fields.id;
  if (title === '' || typeof id !== 'string' || id.length > LONGEST_ID) return null;
  return { kind: 'reply', id, title };
}

function itemOf(fields: Fields): { id: string; title: string; description: string } | null {
  const reply = replyOf({ id: fields.id, title: fields.item });
  return reply && { id: reply.id, title: reply.title, description: lineOf(fields.description) };
}

function actionOf(fields: Fields): RichAction | null {
  const type = String(typeof fields.type === 'string' ? fields.type : '').toLowerCase();
  if (type === 'reply' || type === 'quick_reply') return replyOf(fields);
  const title = lineOf(fields.title);
  const phone = typeof fields.phone === 'string' ? fields.phone.replace(/[\s().-]/g, '') : '';
  const href =
    type === 'url' ? safeHref(fields.url) : /^\+?[\d*#]{1,32}$/.test(phone) ? safeHref(`tel:${phone}`) : null;
  const known = type === 'url' || type === 'phone' || type === 'phone_number';
  return known && href !== null && title !== '' ? { kind: 'link', title, href } : null;
}

const actionsOf = (value: unknown): readonly RichAction[] => {
  const actions = listOf(value, actionOf);
  const replies = new Set<RichAction>(unlike(actions.filter((action) => action.kind === 'reply')));
  return actions.filter((action) => action.kind === 'link' || replies.has(action));
};

const mediaOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value.slice(0, MOST) : [])
    .map(safeHref)
    .filter((href) => href !== null)
    .filter((href) => href.startsWith('http'));

/** One id is one choice: the first that has it. */
function unlike<T extends { id: string }>(choices: readonly T[]): readonly T[] {
  const ids = new Set<string>();
  return choices.filter(({ id }) => ids.size < ids.add(id).size);
}

function listOf<T>(value: unknown, read: (fields: Fields) => T | null): readonly T[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MOST)
    .map((one: unknown) => read(fieldsOf(one)))
    .filter((one) => one !== null);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value : {};
}

function bodyOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_BODY) : '';
}

function lineOf(value: unknown): string {
  return shownLine(value, LONGEST_LINE) ?? '';
}

function numberOf(value: unknown, most: number): number | null {
  // Plain data knows no negative zero.
  return typeof value === 'number' && Math.abs(value) <= most ? value + 0 : null;
}
