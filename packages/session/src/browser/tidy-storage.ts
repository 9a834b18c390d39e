/**
 * Takes away what the SDK leaves in the page's storage: copies of the conversation's documents, and its loggers'
 * levels. The bare key `loglevel` stays, which the page's own code may use as well.
 */
const LEFT_BY_SDK =
  /^(?:loglevel:twil|twilio_(?:continuation|twilsock)_token|[0-9a-f]{32}::(?:document|map|list|stream|live_query)::)/;

export function tidyStorage(areas: () => Storage[]): void {
  try {
    for (const area of areas()) {
      const keys = Array.from({ length: area.length }, (_, place) => area.key(place));
      for (const key of keys) if (key !== null && LEFT_BY_SDK.test(key)) area.removeItem(key);
    }
  } catch {
    // Blocked storage holds nothing to take away.
  }
}
