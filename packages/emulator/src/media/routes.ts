import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VerifyToken } from '../auth/access-token.js';
import { tokenErrors } from '../auth/access-token.js';
import { isoDate } from '../clock.js';
import { addMedia } from '../conversations/add-media.js';
import type { Domain } from '../conversations/domain.js';
import { findMedia } from '../conversations/find-media.js';
import { checkFilename } from '../conversations/limits.js';
import { Refusal, refusals } from '../errors.js';
import type { Actor } from '../facts.js';
import { readBody } from '../http/read-body.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { Credentials } from '../options.js';
import { checkBasicAuth } from '../rest/basic-auth.js';
import type { MediaRow } from '../store/rows.js';
import type { MediaFiles } from './media-files.js';
import { receiveUpload } from './receive-upload.js';
import { respond } from './respond.js';
import { sendContent } from './send-content.js';
import type { TemporaryUrls } from './temporary-urls.js';

export interface MediaRouteOptions {
  domain: Domain;
  credentials: Credentials;
  /** The emulator's own HTTP base URL, known once it listens. */
  baseUrl: () => string;
  verifyToken: VerifyToken;
  files: MediaFiles;
  urls: TemporaryUrls;
}

interface MediaCall {
  request: IncomingMessage;
  response: ServerResponse;
  /** The media SID of the path, where there is one. */
  sid: string;
  query: URLSearchParams;
}

export interface MediaRoute {
  methods: readonly string[];
  /** Below the prefix. `:service` is the service's SID, `:media` a media SID. */
  path: string;
  answer(call: MediaCall): Promise<void>;
}

/** What all of it is below. */
export const mediaPrefix = '/mcs/';
const categories = ['media', 'body', 'history'] as const;
const maxSetBytes = 1024 * 1024;
const maxSetItems = 1_000;

/** What there is below `/mcs/`. */
export function mediaRoutes(options: MediaRouteOptions): MediaRoute[] {
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
    const url = `${baseUrl()}${mediaPrefix}v1/Services/${domain.serviceSid}/Media/${row.sid}`;
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
        content_direct_temporary: `${baseUrl()}${mediaPrefix}content/${row.sid}?${urls.sign(row.sid)}`,
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
        // Pages of every origin that has the URL may show it; the URL is the permission.
        response.setHeader('cross-origin-resource-policy', 'cross-origin');
        await sendContent(files, row, request, response);
      },
    },
  ];
}

/** The token of a request, refused. */
export class InvalidToken extends Error {
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
