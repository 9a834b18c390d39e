import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Domain } from '../conversations/domain.js';
import { Refusal } from '../errors.js';
import { readBody } from '../http/read-body.js';
import type { Credentials } from '../options.js';
import { checkBasicAuth } from './basic-auth.js';
import type { Call, View } from './call.js';
import { decodeForm, type Form } from './form.js';
import { presentRefusal, respond, respondError, respondRefusal } from './respond.js';
import { createRouter, type Match } from './router.js';
import { routes } from './routes.js';

export interface RestOptions {
  domain: Domain;
  credentials: Credentials;
  /** Hears of failures of our own. Never of what requests hold. */
  log: (line: string) => void;
}

const maxBodyBytes = 1024 * 1024;

async function readForm(request: IncomingMessage): Promise<Form> {
  const text = await readBody(request, maxBodyBytes);
  const type = request.headers['content-type'] ?? '';
  if (text !== '' && !/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new Refusal('invalid_parameter', 'Content-Type must be application/x-www-form-urlencoded');
  }
  return decodeForm(text);
}

/** The REST API as a request listener. The caller has checked where the request comes from. */
export function createRest(
  options: RestOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { domain, credentials, log } = options;
  const route = createRouter(routes);

  const match = (method: string, path: string): Match => {
    try {
      return route(method, path);
    } catch {
      throw new Refusal('invalid_parameter', 'the path is not valid percent-encoding');
    }
  };

  const viewOf = (request: IncomingMessage, service: string | undefined): View => {
    // A file may still hold an earlier service of its own; only one is served.
    if (service !== undefined && service !== domain.serviceSid) throw new Refusal('not_found');
    // The server has checked that this Host is our own.
    const baseUrl = `http://${request.headers.host}`;
    return {
      accountSid: credentials.accountSid,
      baseUrl,
      root: service === undefined ? `${baseUrl}/v1` : `${baseUrl}/v1/Services/${service}`,
      serviceSid: service ?? null,
    };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, path: string, query: string) => {
    const method = request.method ?? '';
    const found = match(method, path);
    if (!found.found && found.allowed.length === 0) {
      respondRefusal(response, 'not_implemented', `${method} ${path} is not emulated`);
      return;
    }
    if (!checkBasicAuth(request.headers.authorization, credentials)) throw new Refusal('unauthorized');
    if (!found.found) {
      const allowed = found.allowed.join(', ');
      response.setHeader('allow', allowed);
      respondRefusal(
        response,
        'method_not_allowed',
        `${method} ${path} is not emulated; here are only ${allowed}`,
      );
      return;
    }
    const call: Call = {
      domain,
      by: {
        source: 'API',
        webhooksEnabled: String(request.headers['x-twilio-webhook-enabled']).toLowerCase() === 'true',
      },
      view: viewOf(request, found.params.service),
      path,
      param(name) {
        const value = found.params[name];
        if (value === undefined) throw new Error(`The route ${found.route.path} has no parameter ${name}`);
        return value;
      },
      query: decodeForm(query),
      form: await readForm(request),
    };
    const reply = found.route.answer(call);
    respond(response, reply.status, 'body' in reply ? reply.body : undefined);
  };

  return (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
    answer(request, response, path, query).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return;
      if (error instanceof Refusal) {
        // What is left of a body must be taken in, or the client may never get to read the answer.
        request.resume();
        respondError(response, presentRefusal(error, path));
        return;
      }
      log(
        `REST failed on ${request.method} ${path}: ${error instanceof Error ? error.message : String(error)}`,
      );
      respondError(response, presentRefusal(new Refusal('internal'), path));
    });
  };
}
