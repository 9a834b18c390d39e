import { isUtf8 } from 'node:buffer';
import { isObject, type JsonObject, parseJson } from '../json.js';

/** One Twilsock V3 frame: a JSON header and, when there is one, a payload of text. */
export interface Frame {
  header: JsonObject;
  payload: string;
}

export type DecodedFrame = { ok: true; frame: Frame } | { ok: false; reason: string };

const lineEnd = '\r\n';
const magic = /^TWILSOCK V3\.0 (\d{1,9})$/;
/** The first line is 15 characters of magic and at most 9 digits. */
const longestFirstLine = 32;

const malformed = (reason: string): DecodedFrame => ({ ok: false, reason });

/** Lengths are bytes of UTF-8. `payload_size` is filled in. */
export function encodeFrame(header: JsonObject, payload = ''): Buffer {
  const head = JSON.stringify({ ...header, payload_size: Buffer.byteLength(payload) });
  // Written in one piece: a frame goes to every subscriber of every message.
  return Buffer.from(`TWILSOCK V3.0 ${Buffer.byteLength(head)}${lineEnd}${head}${lineEnd}${payload}`);
}

/** Takes any bytes and never throws. What follows the payload is ignored, as clients do. */
export function decodeFrame(data: Uint8Array): DecodedFrame {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const firstLineEnd = bytes.subarray(0, longestFirstLine).indexOf(lineEnd);
  if (firstLineEnd < 0) return malformed('no first line');
  const headerSize = magic.exec(bytes.toString('latin1', 0, firstLineEnd))?.[1];
  if (headerSize === undefined) return malformed('not a TWILSOCK V3.0 frame');
  const headerStart = firstLineEnd + lineEnd.length;
  const headerEnd = headerStart + Number(headerSize);
  if (headerEnd > bytes.length) return malformed('the header is cut off');
  const headerText = readText(bytes.subarray(headerStart, headerEnd));
  const header = headerText === undefined ? undefined : parseJson(headerText);
  if (!isObject(header)) return malformed('the header is not a JSON object');
  const size = header.payload_size ?? 0;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    return malformed('payload_size is not a size');
  }
  if (size === 0) return { ok: true, frame: { header, payload: '' } };
  const payloadStart = headerEnd + lineEnd.length;
  if (bytes.toString('latin1', headerEnd, payloadStart) !== lineEnd) {
    return malformed('the header does not end where it says');
  }
  if (payloadStart + size > bytes.length) return malformed('the payload is cut off');
  const payload = readText(bytes.subarray(payloadStart, payloadStart + size));
  if (payload === undefined) return malformed('the payload is not UTF-8');
  return { ok: true, frame: { header, payload } };
}

const readText = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : undefined;
