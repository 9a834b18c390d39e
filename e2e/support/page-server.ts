import { createServer } from 'node:http';

export interface ServedPage {
  html: string;
  headers?: Record<string, string>;
}

/** Somebody's website, on an origin of its own: each path answers with its page. */
export async function servePages(
  pages: (origin: string) => Record<string, ServedPage>,
): Promise<{ origin: string; close(): Promise<void> }> {
  let served: Record<string, ServedPage> = {};
  const server = createServer((request, response) => {
    const page = served[new URL(request.url ?? '/', 'http://page').pathname];
    if (!page) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers }).end(page.html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  served = pages(origin);
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
