import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { LocalDevelopmentServer } from '@twilio/runtime-handler/dev';

type Access = 'public' | 'protected' | 'private';

/** Serves a project of built Functions by Twilio's own runtime, within this process, on any free port. */
export async function serveFunctions(
  dir: string,
  env: Record<string, string>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const runtime = new LocalDevelopmentServer(port, {
    baseDir: dir,
    env,
    port,
    url,
    appName: 'functions',
    detailedLogs: false,
    enableDebugLogs: false,
    // One process for each call takes most of a second; the smoke test under twilio-run does it once.
    forkProcess: false,
    legacyMode: false,
    live: false,
    logs: false,
    routes: { functions: functionsIn(path.join(dir, 'dist/functions')), assets: [] },
  });
  server.on('request', runtime.getApp());
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A Function's path is its file's name without what says who may call it. */
function functionsIn(dir: string) {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((file) => {
      const [, name = '', access = 'public'] =
        /^(.+?)(?:\.(protected|private))?\.js$/.exec(file.replaceAll(path.sep, '/')) ?? [];
      return {
        access: access as Access,
        content: '',
        name,
        path: `/${name}`,
        filePath: path.join(dir, file),
      };
    });
}
