import type { JsonObject } from '../json.js';
import type { Session } from '../upstream.js';

/** Pushes only what the client has registered for; a client that says nothing of it gets everything. */
export function registered(registrations: JsonObject[] | undefined, push: Session['push']): Session['push'] {
  if (registrations === undefined) return push;
  const wanted = new Set(registrations.flatMap((one) => one.message_types));
  return (messageType, payload) => {
    if (wanted.has(messageType)) push(messageType, payload);
  };
}
