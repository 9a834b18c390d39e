import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import { onTestFinished } from 'vitest';

export interface Received {
  method: string;
  /** Path and query as received. */
  path: string;
  headers: IncomingMessage['headers'];
  /** The form fields, of the body or of the query. */
  fields: Record<string, string>;
  /** Whether the official helper takes the signature for the emulator's. */
  signed(authToken: string): boolean;
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** The field values of everything received, in order. */
  values(field: string): (string | undefined)[];
  /** Holds answers back until the returned function is called. */
  hold(): () => void;
  /** Resolves when so many requests have come. */
  count(requests: number): Promise<void>;
  /** What to answer from now on. Default 204. */
  answer: { status: number; headers?: Record<string, string>; body?: string };
}

/** A real HTTP server that takes webhooks and ends with its test. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let gate: Promise<void> = Promise.resolve();
  let watchers: (() => void)[] = [];

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = '', url: path = '', headers } = request;
    const form = new URLSearchParams(method === 'GET' ? path.split('?')[1] : body);
    const fields = Object.fromEntries(form);
    const signature = String(headers['x-twilio-signature']);
    const signed = (authToken: string) =>
      twilio.validateRequest(authToken, signature, receiver.url + path, method === 'GET' ? {} : fields);
    received.push({ method, path, headers, fields, signed });
    const watching = watchers;
    watchers = [];
    for (const watcher of watching) watcher();
    await gate;
    const { status, headers: extra, body: answer } = receiver.answer;
    response.writeHead(status, extra).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    values: (field) => received.map(({ fields }) => fields[field]),
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    async count(requests) {
      while (received.length < requests) await new Promise<void>((resolve) => void watchers.push(resolve));
    },
    answer: { status: 204 },
  };
  return receiver;
}
