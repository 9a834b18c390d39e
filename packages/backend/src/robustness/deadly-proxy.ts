import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A stretch of line between a server and the REST API, on which a write can be the server's last. */
export interface DeadlyProxy {
  url: string;
  /** Writes that came since it was last told what to do. */
  writes(): number;
  /** Lets `kill` happen at the nth write from now on, from 0: before it reaches the API, or after the API did it. */
  killAt(point: KillPoint | null, kill: () => void): void;
  close(): Promise<void>;
}

/** When a server dies. */
export interface KillPoint {
  write: number;
  when: 'before' | 'after';
}

/** Starts one on a free port. */
export async function startDeadlyProxy(target: string): Promise<DeadlyProxy> {
  const { host, hostname, port } = new URL(target);
  let writes = 0;
  let planned: { point: KillPoint | null; kill: () => void } = { point: null, kill: () => {} };

  const server = createServer((incoming, outgoing) => {
    const isWrite = incoming.method !== 'GET';
    const { point, kill } = planned;
    const deadly = isWrite && point !== null && writes === point.write;
    if (isWrite) writes += 1;
    if (deadly && point.when === 'before') return kill();
    const { method, url: path, headers } = incoming;
    const forwarded = request({ hostname, port, method, path, headers: { ...headers, host } }, (answer) => {
      if (deadly) {
        answer.resume().once('end', kill);
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes: () => writes,
    killAt(point, kill) {
      writes = 0;
      planned = { point, kill };
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
