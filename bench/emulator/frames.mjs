// Twilsock frames for the load client and the bare server: nothing is checked, so that neither is the bottleneck.

const lineEnd = Buffer.from('\r\n');

/** @param {object} header @param {string} [payload] */
export function encodeFrame(header, payload = '') {
  const size = Buffer.byteLength(payload);
  const head = JSON.stringify({ ...header, payload_size: size });
  return Buffer.from(`TWILSOCK V3.0 ${Buffer.byteLength(head)}\r\n${head}\r\n${payload}`);
}

/**
 * @param {Buffer} frame
 * @returns {{ header: any, payload(): any }} the payload is parsed on demand
 */
export function decodeFrame(frame) {
  const start = frame.indexOf(lineEnd) + 2;
  const end = start + Number(frame.latin1Slice(14, start - 2));
  return {
    header: JSON.parse(frame.utf8Slice(start, end)),
    payload: () => (frame.length > end + 2 ? JSON.parse(frame.utf8Slice(end + 2, frame.length)) : undefined),
  };
}

/** What the SDK answers to every push. @param {string} id */
export const acknowledgement = (id) =>
  encodeFrame({
    id,
    method: 'reply',
    payload_type: 'application/json',
    status: { code: 200, status: 'OK' },
  });
