import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VerifyToken } from '../auth/access-token.js';
import { tokenErrors } from '../auth/access-token.js';
import { isoDate } from '../clock.js';
import { addMedia } from '../conversations/add-media.js';
import type { Domain } from '../conversations/domain.js';
import { findMedia } from '../conversations/find-media.js';
import { checkFilename } from '../conversations/limits.js';
import { errorBody, Refusal, refusals } from '../errors.js';
import type { Actor } from '../facts.js';
import { readBody } from '../http/read-body.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { Credentials } from '../options.js';
import { checkBasicAuth } from '../rest/basic-auth.js';
import type { MediaRow } from '../store/rows.js';
import type { MediaFiles } from './media-files.js';
import { receiveUpload } from './receive-upload.js';
import { sendContent } from './send-content.js';
import type { TemporaryUrls } from './temporary-urls.js';

export interface MediaOptions {
  domain: Domain;
  credentials: Credentials;
  /** The emulator's own HTTP base URL, known once it listens. */
  baseUrl: () => string;
  verifyToken: VerifyToken;
  files: MediaFiles;
  urls: TemporaryUrls;
  /** Hears of failures of our own. Never of what requests hold. */
  log: (line: string) => void;
}

/** Uploads and downloads, which the SDK makes over plain HTTP. */
export interface MediaService {
  /** Answers one request below `/mcs/`. The caller has checked where it comes from. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): void;
  /** Removes all bytes, as the store was emptied. */
  clear(): void;
  /** Waits for what is under way; nothing may be asked any more. */
  close(): Promise<void>;
}

interface MediaCall {
  request: IncomingMessage;
  response: ServerResponse;
  /** The media SID of the path, where there is one. */
  sid: string;
  query: URLSearchParams;
}

interface MediaRoute {
  methods: readonly string[];
  /** Below the prefix. `:service` is the service's SID, `:media` a media SID. */
  path: string;
  answer(call: MediaCall): Promise<void>;
}

const prefix = '/mcs/';
const categories = ['media', 'body', 'history'] as const;
const maxSetBytes = 1024 * 1024;
const maxSetItems = 1_000;

export const isMediaPath = (path: string): boolean => path.startsWith(prefix);

export function createMediaService(options: MediaOptions): MediaService {
  const { domain, files, log } = options;
  const routes = mediaRoutes(options);
  const underWay = new Set<Promise<void>>();

  const stop = domain.facts.listen((fact) => {
    // A failure here leaves bytes without a row, which the next start removes.
    if (fact.type === 'message.removed') for (const { sid } of fact.message.medias) files.remove(sid);
    if (fact.type === 'conversation.removed') for (const { sid } of fact.media) files.remove(sid);
  });

  const answer = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    allowOrigin(request, response);
    const method = request.method ?? '';
    const found = matchRoute(routes, path, domain.serviceSid);
    if (!found) throw new Refusal('not_implemented', `${method} ${path.slice(0, 200)}`);
    const { route, sid } = found;
    if (method === 'OPTIONS') return answerPreflight(response);
    if (!route.methods.includes(method)) {
      const allowed = [...route.methods, 'OPTIONS'].join(', ');
      response.setHeader('allow', allowed);
      throw new Refusal('method_not_allowed', `here are only ${allowed}`);
    }
    const query = new URLSearchParams((request.url ?? '').split(/\?(.*)/s)[1] ?? '');
    await route.answer({ request, response, sid, query });
  };

  const fail = (error: unknown, request: IncomingMessage, response: ServerResponse, path: string): void => {
    // What is left of a body must be taken in, or the client may never get to read the answer.
    request.resume();
    const gone = response.headersSent || response.destroyed || request.errored;
    if (error instanceof InvalidToken) {
      if (!gone) respond(response, 401, { ...errorBody(401, error.code, error.message) });
      return;
    }
    if (error instanceof Refusal) {
      const { status, code } = refusals[error.reason];
      if (!gone) respond(response, status, { ...errorBody(status, code, error.message) });
      return;
    }
    // Who hangs up in the middle is no failure of ours.
    if (gone) return void response.destroy();
    log(
      `Media failed on ${request.method} ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
    const { status, code, message } = refusals.internal;
    respond(response, status, { ...errorBody(status, code, message) });
  };

  return {
    answer(request, response, path) {
      const work: Promise<void> = answer(request, response, path)
        .catch((error: unknown) => fail(error, request, response, path))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    clear: files.clear,
    async close() {
      await Promise.all(underWay);
      stop();
      files.close();
    },
  };
}

/** What there is below `/mcs/`. */
function mediaRoutes(options: MediaOptions): MediaRoute[] {
  const { domain, credentials, baseUrl, verifyToken, files, urls } = options;

  const actorOf = async ({ headers }: IncomingMessage): Promise<Actor> => {
    const token = headers['x-twilio-token'];
    if (token === undefined && checkBasicAuth(headers.authorization, credentials)) {
      return { source: 'API', webhooksEnabled: false };
    }
    const verdict = await verifyToken(typeof token === 'string' ? token : '');
    if (!verdict.valid) throw new InvalidToken(verdict.errorCode);
    return { source: 'SDK', identity: verdict.token.identity };
  };

  const present = (row: MediaRow): JsonObject => {
    const url = `${baseUrl()}${prefix}v1/Services/${domain.serviceSid}/Media/${row.sid}`;
    return {
      sid: row.sid,
      service_sid: row.chatServiceSid,
      channel_sid: row.conversationSid,
      message_sid: row.messageSid,
      date_created: isoDate(row.dateCreated),
      date_upload_updated: isoDate(row.dateCreated),
      date_updated: isoDate(row.dateUpdated),
      size: row.size,
      content_type: row.contentType,
      filename: row.filename,
      category: row.category,
      author: row.author,
      is_multipart_upstream: false,
      url,
      links: {
        content: `${url}/Content`,
        content_direct_temporary: `${baseUrl()}${prefix}content/${row.sid}?${urls.sign(row.sid)}`,
      },
    };
  };

  const upload = async ({ request, response, query }: MediaCall): Promise<void> => {
    const by = await actorOf(request);
    const category = categories.find((one) => one === (query.get('Category') ?? 'media'));
    if (!category) throw new Refusal('invalid_parameter', `Category is not one of ${categories.join(', ')}`);
    const filename = checkFilename(query.get('Filename'));
    const maxBytes = domain.mediaLimits.bytes;
    const sid = domain.ids.sid('ME');
    try {
      const received = await receiveUpload(request, filename, maxBytes, (bytes) =>
        files.receive(sid, bytes, maxBytes),
      );
      if (received.size === 0) throw new Refusal('media_empty');
      const row = addMedia(domain, { by, sid, category, ...received }, () => files.keep(sid));
      respond(response, 201, present(row));
    } catch (error) {
      files.discard(sid);
      throw error;
    }
  };

  const item = (by: Actor, sid: string): JsonObject => {
    try {
      return { code: 200, media_record: present(findMedia(domain, { by, sid })) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The SDK rejects the whole set on it, and takes the SID for its message from here.
      return { code: refusals[error.reason].status, message: error.message, media_record: { sid } };
    }
  };

  return [
    { methods: ['POST'], path: 'v1/Services/:service/Media', answer: upload },
    {
      methods: ['GET'],
      path: 'v1/Services/:service/Media/:media',
      async answer({ request, response, sid }) {
        respond(response, 200, present(findMedia(domain, { by: await actorOf(request), sid })));
      },
    },
    {
      methods: ['GET', 'HEAD'],
      path: 'v1/Services/:service/Media/:media/Content',
      async answer({ request, response, sid }) {
        const row = findMedia(domain, { by: await actorOf(request), sid });
        await sendContent(files, row, request, response);
      },
    },
    {
      methods: ['POST'],
      path: 'v1/Services/:service/MediaSet',
      async answer({ request, response }) {
        const by = await actorOf(request);
        const sids = readSet(parseJson(await readBody(request, maxSetBytes)));
        respond(
          response,
          200,
          sids.map((sid) => item(by, sid)),
        );
      },
    },
    {
      methods: ['GET', 'HEAD'],
      path: 'content/:media',
      async answer({ request, response, sid, query }) {
        urls.check(sid, query);
        const row = domain.store.media.bySid(sid);
        if (row?.chatServiceSid !== domain.serviceSid) throw new Refusal('media_not_found', sid);
        await sendContent(files, row, request, response);
      },
    },
  ];
}

class InvalidToken extends Error {
  readonly code: keyof typeof tokenErrors;

  constructor(code: keyof typeof tokenErrors) {
    super(tokenErrors[code]);
    this.code = code;
  }
}

function readSet(body: unknown): string[] {
  if (!isObject(body)) throw new Refusal('invalid_parameter', 'the body is not a JSON object');
  if (body.command !== 'get') throw new Refusal('invalid_parameter', 'command is not "get"');
  const { list } = body;
  if (!Array.isArray(list) || list.length > maxSetItems) {
    throw new Refusal('invalid_parameter', `list is not a list of at most ${maxSetItems} media`);
  }
  return list.map((one: unknown) => {
    if (!isObject(one) || typeof one.media_sid !== 'string') {
      throw new Refusal('invalid_parameter', 'an item of list has no media_sid');
    }
    return one.media_sid;
  });
}

function matchRoute(
  routes: readonly MediaRoute[],
  path: string,
  serviceSid: string,
): { route: MediaRoute; sid: string } | undefined {
  const given = path.slice(prefix.length).split('/');
  for (const route of routes) {
    const segments = route.path.split('/');
    if (segments.length !== given.length) continue;
    const fits = segments.every((segment, at) => segment.startsWith(':') || segment === given[at]);
    if (!fits) continue;
    const named = (segment: string): string | undefined => given[segments.indexOf(segment)];
    const service = named(':service');
    if (service !== undefined && service !== serviceSid) {
      throw new Refusal('not_found', 'there is no service of that SID');
    }
    return { route, sid: named(':media') ?? '' };
  }
  return undefined;
}

/** The origin of a page was checked before; what it asks, it may read. */
function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  response.setHeader('vary', 'Origin');
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader(
    'access-control-expose-headers',
    'Content-Disposition, Content-Length, Content-Range, Accept-Ranges, ETag',
  );
}

function answerPreflight(response: ServerResponse): void {
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
      'access-control-allow-headers': 'X-Twilio-Token, Content-Type, Authorization, Range, If-Range',
      'access-control-max-age': '86400',
    })
    .end();
}

function respond(response: ServerResponse, status: number, body: JsonObject | JsonObject[]): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    // These answers hold URLs that are permissions.
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
