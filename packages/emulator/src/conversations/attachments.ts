import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { MediaRow, MediaSummary } from '../store/rows.js';
import type { Domain } from './domain.js';

/**
 * The uploads that a message is about to carry. An SDK actor attaches only what it uploaded itself, and is told the
 * same of somebody else's upload as of none; nothing is attached twice.
 */
export function requireUploads(domain: Domain, by: Actor, sids: readonly string[]): MediaRow[] {
  const { perMessage, totalBytes } = domain.mediaLimits;
  if (sids.length > perMessage) {
    throw new Refusal('invalid_parameter', `a message takes at most ${perMessage} media`);
  }
  if (new Set(sids).size < sids.length) throw new Refusal('invalid_parameter', 'a media SID is named twice');
  const uploads = sids.map((sid) => {
    const row = domain.store.media.bySid(sid);
    const own = by.source === 'API' || row?.author === by.identity;
    if (row?.chatServiceSid !== domain.serviceSid || !own) {
      const detail =
        by.source === 'SDK' ? `media_sids: you uploaded no ${sid}` : `MediaSid: there is no upload ${sid}`;
      throw new Refusal('invalid_parameter', detail);
    }
    if (row.messageSid !== null) {
      throw new Refusal('invalid_parameter', `the media ${sid} is in another message already`);
    }
    return row;
  });
  const total = uploads.reduce((sum, { size }) => sum + size, 0);
  if (total > totalBytes) {
    throw new Refusal(
      'invalid_parameter',
      `the media of a message have at most ${totalBytes} bytes, not ${total}`,
    );
  }
  return uploads;
}

export const summarise = ({ sid, category, filename, contentType, size }: MediaSummary): MediaSummary => ({
  sid,
  category,
  filename,
  contentType,
  size,
});
