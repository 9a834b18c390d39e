import type { Actor } from '../facts.js';
import type { MediaRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkContentType, checkFilename } from './limits.js';
import { actorName } from './membership.js';

export interface AddMedia {
  by: Actor;
  /** Chosen before, because the bytes are named by it. */
  sid: string;
  category: MediaRow['category'];
  filename: string | null;
  contentType: string;
  size: number;
}

/**
 * Makes an upload known. `place` brings its bytes to where they are looked for, before the row is committed: a row
 * without bytes would be a broken promise, bytes without a row are swept out at the next start.
 */
export function addMedia(domain: Domain, input: AddMedia, place: () => void): MediaRow {
  return domain.facts.commit(() => {
    const now = domain.clock.now();
    const row: MediaRow = {
      sid: input.sid,
      chatServiceSid: domain.serviceSid,
      author: actorName(input.by),
      conversationSid: null,
      messageSid: null,
      rendered: null,
      category: input.category,
      filename: checkFilename(input.filename),
      contentType: checkContentType(input.contentType),
      size: input.size,
      dateCreated: now,
      dateUpdated: now,
    };
    domain.store.media.insert(row);
    place();
    return row;
  });
}
