/** What bots and the backend write into a conversation's attributes. Total: visitors may be able to write them, too. */

/** Who gave the conversation to people; `null` while nobody did. */
export function readHandover(attributes: unknown): { by: string | null } | null {
  const handover = objectAt(attributes, 'handover');
  if (!handover) return null;
  return { by: typeof handover.by === 'string' ? handover.by : null };
}

/** Which bot is at work, and until when it said so, as it said it: an ISO 8601 time. */
export function readWorking(attributes: unknown): { by: string; until: string } | null {
  const { by, until } = objectAt(attributes, 'working') ?? {};
  return typeof by === 'string' && typeof until === 'string' ? { by, until } : null;
}

function objectAt(attributes: unknown, name: string): Partial<Record<string, unknown>> | null {
  if (typeof attributes !== 'object' || attributes === null || !Object.hasOwn(attributes, name)) return null;
  const value = (attributes as Partial<Record<string, unknown>>)[name];
  return typeof value === 'object' && value !== null ? value : null;
}
