import { Refusal } from '../errors.js';
import type { MessagingBinding, ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { limits } from './limits.js';

/** How somebody without an SDK is reached, as it is asked for. */
export interface BindingInput {
  address?: string;
  proxyAddress?: string;
  projectedAddress?: string;
  /** Name and level are an e-mail address's. */
  name?: string;
  level?: string;
}

type BindingType = MessagingBinding['type'];

const prefixes: Readonly<Record<string, BindingType>> = {
  whatsapp: 'whatsapp',
  messenger: 'messenger',
  rcs: 'rcs',
};
const phoneNumber = /^\+[1-9]\d{1,14}$/;
const shortCode = /^\d{3,8}$/;
const emailAddress = /^[^\s@:]+@[^\s@:]+$/;

/** The channel of an address, told by how it is written. Undefined when it is no address. */
export function channelOf(address: string): BindingType | undefined {
  if (phoneNumber.test(address) || shortCode.test(address)) return 'sms';
  const [, prefix = '', rest = ''] = /^([a-z][a-z0-9_-]*):(\S+)$/i.exec(address) ?? [];
  if (rest !== '') {
    const channel = prefix.toLowerCase();
    const type = Object.hasOwn(prefixes, channel) ? prefixes[channel] : 'other';
    return type === 'whatsapp' && !phoneNumber.test(rest) ? undefined : type;
  }
  return emailAddress.test(address) ? 'email' : undefined;
}

const bad = (detail: string): Refusal => new Refusal('binding_invalid', detail);

function checkAddress(field: string, address: string | undefined): { address: string; type: BindingType } {
  if (address === undefined || address === '') throw bad(`${field} is missing`);
  if (address.length > limits.identityLength) {
    throw bad(`${field} is longer than ${limits.identityLength} characters`);
  }
  const type = channelOf(address);
  if (type === undefined) {
    throw bad(`${field} is no phone number with +, e-mail address or channel address such as whatsapp:+…`);
  }
  return { address, type };
}

function checkLevel(type: BindingType, level: string | undefined): MessagingBinding['level'] {
  if (type !== 'email') {
    if (level !== undefined) throw bad('a level belongs to an e-mail address');
    return null;
  }
  if (level !== undefined && level !== 'to' && level !== 'cc') throw bad('the level is to or cc');
  return level ?? 'to';
}

/** The binding of what was asked for. Both addresses are needed, of one channel, and they differ. */
export function checkBinding(input: BindingInput): MessagingBinding {
  const { address, type } = checkAddress('Address', input.address);
  const proxy = checkAddress('ProxyAddress', input.proxyAddress);
  if (proxy.type !== type) throw bad(`Address is of ${type} and ProxyAddress of ${proxy.type}`);
  if (proxy.address === address) throw bad('Address and ProxyAddress are the same');
  const { name = null, projectedAddress } = input;
  if (name !== null && type !== 'email') throw bad('a name belongs to an e-mail address');
  if (name !== null && name.length > limits.nameLength) {
    throw bad(`the name is longer than ${limits.nameLength} characters`);
  }
  return {
    type,
    address,
    proxyAddress: proxy.address,
    projectedAddress:
      projectedAddress === undefined ? null : checkAddress('ProjectedAddress', projectedAddress).address,
    name,
    level: checkLevel(type, input.level),
  };
}

/** Throws when the conversation has this pair of addresses already, or no room for one more. */
export function checkRoomFor(domain: Domain, conversationSid: string, binding: MessagingBinding): void {
  const present = domain.store.participants.withoutIdentity(conversationSid);
  const taken = present.some(
    ({ messagingBinding: other }) =>
      other?.address === binding.address && other.proxyAddress === binding.proxyAddress,
  );
  if (taken) throw new Refusal('binding_exists');
  if (present.length >= limits.nonChatParticipants) throw new Refusal('too_many_non_chat_participants');
}

/** Who writes under a name: the participant of that identity, or else of that address. */
export function participantNamed(
  domain: Domain,
  conversationSid: string,
  name: string,
): ParticipantRow | undefined {
  const { participants } = domain.store;
  return (
    participants.byIdentity(conversationSid, name) ??
    participants
      .withoutIdentity(conversationSid)
      .find(({ messagingBinding }) => messagingBinding?.address === name)
  );
}
