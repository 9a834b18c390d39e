/**
 * True for an address of the media service: https on a host of `twilio.com`. Where the chat is at a `realtimeUrl` that
 * is not Twilio's, as an emulator's is, its own host serves too, and without encryption if the socket has none. A
 * service that answers with any other address has been tampered with.
 *
 * @param realtimeUrl where the socket is, when it is not Twilio's own
 */
export function isMediaAddress(address: string, realtimeUrl?: string): boolean {
  const url = parse(address);
  if (url?.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:' && /(^|\.)twilio\.com$/.test(url.hostname)) return url.port === '';
  const own = realtimeUrl === undefined ? null : parse(realtimeUrl);
  if (own?.hostname !== url.hostname) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && own.protocol === 'ws:');
}

function parse(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
