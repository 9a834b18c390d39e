import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../errors.js';
import { readBody } from '../http/read-body.js';
import { parseJson } from '../json.js';
import type { Credentials } from '../options.js';
import { checkBasicAuth } from '../rest/basic-auth.js';
import { presentRefusal, respond, respondError, respondRefusal } from '../rest/respond.js';
import type { Faults } from './faults.js';
import type { Journal } from './journal.js';

export interface ControlOptions {
  order: Faults['order'];
  /** More orders, by the last part of their path. */
  orders: Readonly<Record<string, (value: unknown) => { [name: string]: number }>>;
  journal: Journal;
  credentials: Credentials;
  log: (line: string) => void;
}

const prefix = '/_emulator/';
const faultsPath = `${prefix}faults`;
export const journalPath: string = `${prefix}log`;
const maxBodyBytes = 64 * 1024;

export const isControlPath = (path: string): boolean => path.startsWith(prefix);

/** What the emulator has beside Twilio's API, as a request listener. The caller has checked where a request comes from. */
export function createControl(
  options: ControlOptions,
): (request: IncomingMessage, response: ServerResponse, path: string) => void {
  const { order, orders, journal, credentials, log } = options;
  const posted = new Map(Object.entries(orders).map(([name, carryOut]) => [prefix + name, carryOut]));
  const methods: ReadonlyMap<string, string> = new Map([
    [faultsPath, 'POST'],
    [journalPath, 'GET'],
    ...[...posted.keys()].map((path) => [path, 'POST'] as const),
  ]);

  const answer = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    if (!checkBasicAuth(request.headers.authorization, credentials)) throw new Refusal('unauthorized');
    const method = methods.get(path);
    if (method === undefined) throw new Refusal('not_found');
    if (request.method !== method) {
      request.resume();
      response.setHeader('allow', method);
      return respondRefusal(response, 'method_not_allowed', `${path} takes ${method} only`);
    }
    if (path === faultsPath) {
      const outcome = order(parseJson(await readBody(request, maxBodyBytes)));
      return respond(response, 200, { ok: true, ...outcome });
    }
    const carryOut = posted.get(path);
    if (carryOut) {
      return respond(response, 200, {
        ok: true,
        ...carryOut(parseJson(await readBody(request, maxBodyBytes))),
      });
    }
    const text = journal.lines();
    response.writeHead(200, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };

  return (request, response, path) => {
    answer(request, response, path).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return;
      // What is left of a body must be taken in, or the client may never get to read the answer.
      request.resume();
      if (error instanceof Refusal) return respondError(response, presentRefusal(error, path));
      log(`${request.method} ${path} failed: ${error instanceof Error ? error.stack : String(error)}`);
      respondError(response, presentRefusal(new Refusal('internal'), path));
    });
  };
}
