import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const sdk = require.resolve('@twilio/conversations').replace(/lib\.js$/, 'twilio-conversations.min.js');

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Flows</title><script src="/sdk.js"></script></head>
<body><script type="module">
import { flows } from '/flows/flows.js';
import { createStage } from '/flows/stage.js';

const { Client } = window.Twilio.Conversations;
// The test answers \`ask\`.
const ask = (what) => (...given) => window.ask(what, given);
const backstage = Object.fromEntries(['token', 'fault', 'order', 'rest', 'write', 'asked', 'losing', 'reset'].map((what) => [what, ask(what)]));

window.play = async (name, wsUrl) => {
  const stage = createStage({ Client, wsUrl, backstage });
  await flows[name].run(stage);
  await stage.close();
  return Client.version;
};
</script></body>
</html>`;

/** One flow at a time, without a bundler: no flow imports more than its neighbours and the SDK's types. */
function compiled(path: string): string | undefined {
  const name = /^\/flows\/([a-z-]+)\.js$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const source = readFileSync(new URL(`./flows/${name}.ts`, import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  return outputText;
}

/** Somebody's website, on an origin of its own, with the SDK's published browser bundle and the flows. */
export async function serveFlows(): Promise<{ origin: string; close(): Promise<void> }> {
  const scripts = new Map([['/sdk.js', readFileSync(sdk, 'utf8')]]);
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const script = scripts.get(path) ?? compiled(path);
    if (script !== undefined) {
      scripts.set(path, script);
      // Each flow has a page of its own; what they share is read once.
      const headers = { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'max-age=600' };
      response.writeHead(200, headers).end(script);
    } else if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
