import type { RemoteMedia } from './connection.js';
import type { PendingFile } from './pending.js';
import { withoutControls } from './shown-text.js';
import type { ChatMedia } from './snapshot.js';

/** In letters as people count them, and in characters, of which a letter may have any number. */
const LONGEST_NAME = 120;
const MOST_CHARACTERS = 250;
/** Raster images that a browser shows without running anything. SVG is a document, and never among them. */
const INLINE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** A name that can be shown without lying about what the file is; its ending stays where there is one. */
export function shownFileName(name: string): string {
  const clean = withoutControls(name);
  const ending = /\.[\p{L}\p{N}]{1,10}$/u.exec(clean)?.[0] ?? '';
  let letters = 0;
  let room = 0;
  for (const end of endsOfLetters(clean)) {
    letters += 1;
    if (letters > LONGEST_NAME || end > MOST_CHARACTERS) return `${clean.slice(0, room)}…${ending}`;
    if (letters < LONGEST_NAME - ending.length && end < MOST_CHARACTERS - ending.length) room = end;
  }
  return clean === '' ? 'file' : clean;
}

/** Where each letter ends. Firefox below 125 has no segmenter: there a code point counts for one. */
function* endsOfLetters(text: string): Iterable<number> {
  if ('Segmenter' in Intl) {
    for (const { segment, index } of new Intl.Segmenter().segment(text)) yield index + segment.length;
    return;
  }
  let end = 0;
  for (const point of text as string) {
    end += point.length;
    yield end;
  }
}

export function shownMedia({ sid, name, type, size }: RemoteMedia): ChatMedia {
  return { sid, name: shownFileName(name), type, size, progress: null, inline: isInline(type) };
}

/** A file that is not with the service yet. */
export function pendingMedia({ name, type, size, progress }: PendingFile): ChatMedia {
  return { sid: null, name: shownFileName(name), type, size, progress, inline: isInline(type) };
}

function isInline(type: string): boolean {
  return INLINE_TYPES.includes(type.toLowerCase());
}
