import type { MessageRecipient, ParticipantRow } from '../store/rows.js';

/**
 * Whom a message went to by e-mail: everybody there by level, and who it is from, which for somebody without e-mail
 * is the address that stands for the conversation.
 */
export function recipientsOf(
  author: string,
  participantSid: string | null,
  others: readonly ParticipantRow[],
): MessageRecipient[] {
  const byEmail = others.flatMap(({ sid, messagingBinding: binding }) =>
    binding?.type === 'email' ? [{ sid, binding }] : [],
  );
  const [first] = byEmail;
  if (!first) return [];
  const writer = byEmail.find(({ sid }) => sid === participantSid)?.binding;
  const from: MessageRecipient = {
    type: 'email',
    level: 'from',
    name: writer ? writer.name : author,
    address: writer ? writer.address : (first.binding.proxyAddress ?? ''),
  };
  const to = byEmail
    .filter(({ sid }) => sid !== participantSid)
    .map(({ binding: { name, address, level } }) => ({ type: 'email', level: level ?? 'to', name, address }));
  return [from, ...to];
}
