import { deliveryStatuses, updateDelivery } from '../conversations/delivery.js';
import type { Domain } from '../conversations/domain.js';
import { checkText, limits } from '../conversations/limits.js';
import { setChannelMetadata } from '../conversations/set-channel-metadata.js';
import { Refusal } from '../errors.js';
import { isJson, isObject, type JsonObject } from '../json.js';
import type { Emulator } from '../options.js';

/** What other channels would report, by method and by order over HTTP. */
export interface ChannelOrders extends Pick<Emulator, 'deliver' | 'setChannelMetadata'> {
  /** By the last part of their path. What they cannot read they refuse with a sentence. */
  orders: Readonly<Record<'delivery' | 'channel-metadata', (value: unknown) => { [name: string]: number }>>;
}

/** Deeper, it could be read and not written again. */
const maxDepth = 100;

const bad = (sentence: string): Refusal => new Refusal('invalid_parameter', sentence);

/** The fields of an order, none of which is misspelt. */
function readFields(value: unknown, known: readonly string[]): JsonObject {
  if (!isObject(value)) throw bad(`the body must be one JSON object with ${known.join(', ')}`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw bad(`${unknown.slice(0, 50)} is not a field of this order, which takes ${known.join(', ')}`);
  }
  return value;
}

function readSid(fields: JsonObject, name: string, prefix: string): string {
  const value = fields[name];
  if (typeof value === 'string' && new RegExp(`^${prefix}[0-9a-f]{32}$`).test(value)) return value;
  throw bad(`${name} must be a SID that begins with ${prefix}`);
}

/** The emulator in the place of the channels that it does not reach. */
export function createChannelOrders(domain: Domain): ChannelOrders {
  const readMessage = (fields: JsonObject): string => {
    const sid = readSid(fields, 'messageSid', 'IM');
    if (!domain.store.messages.bySid(sid)) throw bad('messageSid is of no message');
    return sid;
  };
  const delivery = (value: unknown): { receipts: number } => {
    const fields = readFields(value, ['messageSid', 'participantSid', 'status', 'errorCode']);
    const status = deliveryStatuses.find((one) => one === fields.status);
    if (!status) throw bad(`status must be one of ${deliveryStatuses.join(', ')}`);
    const { errorCode, participantSid } = fields;
    if (errorCode !== undefined && !(Number.isSafeInteger(errorCode) && Number(errorCode) >= 0)) {
      throw bad('errorCode must be a whole number of 0 or more');
    }
    const moved = updateDelivery(domain, {
      messageSid: readMessage(fields),
      ...(participantSid !== undefined && { participantSid: readSid(fields, 'participantSid', 'MB') }),
      status,
      ...(errorCode !== undefined && { errorCode: Number(errorCode) }),
    });
    return { receipts: moved.length };
  };
  const metadata = (value: unknown): Record<string, never> => {
    const fields = readFields(value, ['messageSid', 'type', 'data']);
    const { type, data } = fields;
    if (typeof type !== 'string' || type === '' || type.length > limits.nameLength) {
      throw bad(`type must be a text of 1 to ${limits.nameLength} characters`);
    }
    checkText('type', type, limits.nameLength);
    if (data === undefined) throw bad('data is missing: any JSON');
    if (!isJson(data, maxDepth)) throw bad(`data must be JSON, at most ${maxDepth} levels deep`);
    setChannelMetadata(domain, { messageSid: readMessage(fields), type, data });
    return {};
  };
  return {
    orders: { delivery, 'channel-metadata': metadata },
    deliver: (report) => delivery(report).receipts,
    setChannelMetadata: (report) => void metadata(report),
  };
}
