import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorBody, type RefusalName, refusals } from '../errors.js';

/**
 * Answers an upgrade with an error, and is done with the socket whether or not its peer hangs up. Returns the status
 * of that answer.
 */
export function refuseUpgrade(socket: Duplex, reason: RefusalName, message: string): number {
  const { status, code } = refusals[reason];
  const body = JSON.stringify(errorBody(status, code, message));
  // The peer may have gone already; there is nobody left to tell.
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
  return status;
}
