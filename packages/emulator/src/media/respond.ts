import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../json.js';

/**
 * The origin of a page was checked before; what it asks, it may read. Tags of a page send no origin, and credentials
 * that the browser has kept for this address: their pages get nothing, unless a route says otherwise.
 */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  response.setHeader('vary', 'Origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader(
    'access-control-expose-headers',
    'Content-Disposition, Content-Length, Content-Range, Accept-Ranges, ETag',
  );
}

export function answerPreflight(response: ServerResponse): void {
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
      'access-control-allow-headers': 'X-Twilio-Token, Content-Type, Authorization, Range, If-Range',
      'access-control-max-age': '86400',
    })
    .end();
}

export function respond(response: ServerResponse, status: number, body: JsonObject | JsonObject[]): void {
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
