import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Watches for connections that have not asked anything yet: browsers open them ahead of need. Node counts them as busy
 * and stops its own time limits once a server closes, so without this a server that stops would wait for them for ever.
 * The returned function drops them, and those that still arrive.
 */
export function watchUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  let dropping = false;

  server.on('connection', (socket: Socket) => {
    if (dropping) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', (request: IncomingMessage) => unused.delete(request.socket));

  return () => {
    dropping = true;
    for (const socket of unused) socket.destroy();
  };
}
