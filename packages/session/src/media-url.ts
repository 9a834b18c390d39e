import { ConnectionError, type RemoteConversation } from './connection.js';
import type { ChatMessage } from './snapshot.js';

/** A fresh address of a file of a message that is shown. Rejects with a {@link ConnectionError}. */
export async function findMediaUrl(
  messages: readonly ChatMessage[],
  remote: RemoteConversation | null,
  key: string,
  mediaSid: string,
): Promise<string> {
  if (!remote) throw new ConnectionError('not_sent', 'There is no link to the chat service.');
  const message = messages.find((candidate) => candidate.key === key);
  if (message?.index == null || !message.media.some(({ sid }) => sid === mediaSid)) {
    throw new ConnectionError('not_found', 'The message has no such file.');
  }
  return remote.mediaUrl(message.index, mediaSid);
}
