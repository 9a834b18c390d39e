import { connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of connections made from now on. `black_hole`: taken, and never answered. */
type Manner = 'pass' | 'refuse' | 'black_hole';

/** A wire that can be treated badly, between a client and a server on this machine. For this package's own tests. */
export interface Wire {
  port: number;
  /** `url` of the server behind it, as the client gets it. */
  through(url: string): string;
  manner(manner: Manner): void;
  /** Connections that are open now fall silent both ways, and stay open: each end believes the other is there. */
  stall(): void;
  /** What was said meanwhile arrives after all. */
  resume(): void;
  /** Says something to every client, as if the server had. */
  inject(bytes: Uint8Array): void;
  /** Ends the connections that are open now, without a goodbye. */
  cut(): void;
  /** Connections that clients hold open now. */
  open(): number;
  /** Connections that were ever made. */
  made(): number;
  close(): Promise<void>;
}

/** Passes everything on to `target`, by its port, until it is told otherwise. */
export async function createProxy(target: { port: number }): Promise<Wire> {
  const wires = new Set<{ near: Socket; far: Socket | null }>();
  let manner: Manner = 'pass';
  let made = 0;

  const server = createServer((near) => {
    made += 1;
    if (manner === 'refuse') return void near.resetAndDestroy();
    const far = manner === 'pass' ? connect(target.port, '127.0.0.1') : null;
    const wire = { near, far };
    wires.add(wire);
    const end = (): void => {
      wires.delete(wire);
      near.destroy();
      far?.destroy();
    };
    for (const socket of [near, far]) {
      socket?.on('error', end);
      socket?.on('close', end);
    }
    // Read all the same, or its end would not be heard.
    if (!far) return void near.resume();
    // The emulator answers to its own address only: the first bytes are a request, which names this one's.
    near.once('data', (bytes) => {
      far.write(
        Buffer.from(
          bytes.toString('latin1').replace(`:${portOf(server)}\r\n`, `:${target.port}\r\n`),
          'latin1',
        ),
      );
      near.on('data', (more) => far.write(more));
    });
    far.on('data', (bytes) => near.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);

  const each = (act: (socket: Socket) => void): void => {
    for (const { near, far } of [...wires]) for (const socket of [near, far]) if (socket) act(socket);
  };
  const cut = (): void => each((socket) => void socket.resetAndDestroy());
  return {
    port,
    through(url) {
      const there = new URL(url);
      there.port = String(port);
      return there.href;
    },
    manner(next) {
      manner = next;
    },
    stall: () => each((socket) => void socket.pause()),
    resume: () => each((socket) => void socket.resume()),
    inject(bytes) {
      for (const { near } of [...wires]) near.write(bytes);
    },
    cut,
    open: () => wires.size,
    made: () => made,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
