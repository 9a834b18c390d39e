import { basename, resolve, sep } from 'node:path';
import helmet from '@fastify/helmet';
import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Which folders a host serves. */
export interface StaticFiles {
  /** The widget's built files, served beside `/chat-widget.js`. */
  widgetDir?: string;
  /** A site, served at `/`. */
  siteDir?: string;
  /** The `Content-Security-Policy` of the site's pages. Default: none. */
  siteCsp?: string;
}

/** A name that changes with its content: `name-<8 characters>.js`, as bundlers write it. */
const HASHED_NAME = /[-.](?=[A-Za-z0-9_-]{8}\.)[a-z_-]*[0-9A-Z][A-Za-z0-9_-]*\.\w+(?:\.map)?$/;

/** Whether a file may be kept for ever. A hash of small letters only looks like a word, and is asked for again. */
function isContentHashed(path: string): boolean {
  return HASHED_NAME.test(basename(path));
}

/** Serves the widget's files and the site's, the widget's first. Without folders it serves nothing. */
export async function serveFiles(app: FastifyInstance, files: StaticFiles): Promise<void> {
  const dirs = [files.widgetDir, files.siteDir].flatMap((dir) => (dir === undefined ? [] : [resolve(dir)]));
  const root = [...new Set(dirs)];
  if (root.length === 0) return;
  const widgetRoot = files.widgetDir === undefined ? null : resolve(files.widgetDir) + sep;

  // In a scope of its own: helmet costs more than a token does, and other answers are no documents.
  await app.register(async (scope) => {
    // The site's own policy is the site's business: see `siteCsp`. Transport is the business of the whole host.
    await scope.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false });
    await scope.register(fastifyStatic, staticOptions(root, widgetRoot, files.siteCsp));
  });
}

function staticOptions(
  root: string[],
  widgetRoot: string | null,
  siteCsp: string | undefined,
): FastifyStaticOptions {
  return {
    root,
    dotfiles: 'deny',
    cacheControl: false,
    etag: true,
    setHeaders(response, path) {
      const ofWidget = widgetRoot !== null && path.startsWith(widgetRoot);
      response.setHeader(
        'cache-control',
        ofWidget && isContentHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      // Sites of other origins embed the widget; helmet's default would keep it from them.
      if (ofWidget) response.setHeader('cross-origin-resource-policy', 'cross-origin');
      if (!ofWidget && siteCsp !== undefined) response.setHeader('content-security-policy', siteCsp);
    },
  };
}
