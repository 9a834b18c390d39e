import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { StartError } from '../start-error.js';

export interface ServeOptions {
  /** `0` takes any free port. */
  port: number;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface Served {
  port: number;
  /** Stops listening and cuts the connections that are left. */
  close(): Promise<void>;
}

/** Listens on loopback and nowhere else. Rejects with a {@link StartError} when the port cannot be had. */
export function serve(options: ServeOptions): Promise<Served> {
  // A large upload may take its time, on a line that a browser's tools have made slow.
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 300_000 }, options.onRequest);
  server.on('upgrade', options.onUpgrade);

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });

  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(startError(options.port, error));
    });
    server.listen(options.port, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ port, close });
    });
  });
}

function startError(port: number, error: NodeJS.ErrnoException): StartError {
  const cause = { cause: error };
  if (error.code === 'EADDRINUSE') {
    return new StartError('port_in_use', `Port ${port} is already in use by another program.`, cause);
  }
  const why =
    error.code === 'EACCES'
      ? 'may not be opened by this user; take one from 1024'
      : `failed: ${error.message}`;
  return new StartError('invalid_option', `Port ${port} ${why}`, cause);
}
