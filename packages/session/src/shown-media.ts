import type { RemoteMedia } from './connection.js';
import type { PendingFile } from './pending.js';
import { withoutControls } from './shown-text.js';
import type { ChatMedia } from './snapshot.js';

const LONGEST_NAME = 120;
/** Raster images that a browser shows without running anything. SVG is a document, and never among them. */
const INLINE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** A name that can be shown without lying about what the file is; its ending stays where there is one. */
export function shownFileName(name: string): string {
  const clean = withoutControls(name);
  const letters = [...new Intl.Segmenter().segment(clean)].map(({ segment }) => segment);
  if (letters.length <= LONGEST_NAME) return clean === '' ? 'file' : clean;
  const ending = /\.[\p{L}\p{N}]{1,10}$/u.exec(clean)?.[0] ?? '';
  return `${letters.slice(0, LONGEST_NAME - 1 - ending.length).join('')}…${ending}`;
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
