import type { Session } from '../upstream.js';
import type { Registration } from './client-messages.js';

/** Pushes only what the client has registered for; a client that says nothing of it gets everything. */
export function registered(
  registrations: Registration[] | undefined,
  push: Session['push'],
): Session['push'] {
  if (registrations === undefined) return push;
  const wanted = new Set(registrations.flatMap((one) => one.messageTypes));
  return (messageType, payload) => {
    if (wanted.has(messageType)) push(messageType, payload);
  };
}
