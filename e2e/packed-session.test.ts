import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor } from './support/browser.js';
import { makeOtherProject, type OtherProject } from './support/other-project.js';
import { type Stack, startStack } from './support/stack.js';

const run = promisify(execFile);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

let browser: Browser;
let project: OtherProject;
let stack: Stack | undefined;
beforeAll(async () => {
  browser = await launchBrowser();
  project = await makeOtherProject(['session']);
});
afterAll(async () => {
  await browser?.close();
  await project?.remove();
});
afterEach(async () => {
  await stack?.close();
  stack = undefined;
});

/** A file of the other project. */
async function put(name: string, text: string): Promise<void> {
  const file = path.join(project.dir, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** What the compiler says of the project in `folder`; nothing when all is well. */
async function complaints(folder: string, options: Record<string, unknown>): Promise<string> {
  const compilerOptions = { strict: true, noEmit: true, exactOptionalPropertyTypes: true, ...options };
  await put(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ['.'] }));
  return await run(bin('tsc'), ['-p', path.join(project.dir, folder)]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
}

const IN_NODE = `
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type ChatSnapshot, createChatSession } from '@conversations-web-chat/session';
import { createFetchToken } from '@conversations-web-chat/session/browser';
import { createMemoryStorage } from '@conversations-web-chat/session/testing';
import { createTwilioConnection } from '@conversations-web-chat/session/twilio';

const url = process.argv[2] ?? '';
const session = createChatSession({
  connect: createTwilioConnection,
  fetchToken: createFetchToken({
    url: url + '/chat-widget',
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, Origin: url } }),
  }),
  storage: createMemoryStorage(),
  clock: {
    now: Date.now,
    after(ms, task) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  },
  crypto: {
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    randomId: () => randomUUID(),
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  },
  exclusive: (_, work) => work(),
  watchNetwork: () => () => {},
});
const until = (check: (snapshot: ChatSnapshot) => boolean) =>
  new Promise<ChatSnapshot>((resolve) => {
    const look = () => check(session.getSnapshot()) && resolve(session.getSnapshot());
    session.subscribe(look);
    look();
  });

session.start();
session.send('Where is my order 1042?');
const answered = await until(({ messages }) => messages.some(({ role, body }) => role !== 'visitor' && /1042/.test(body)));
console.log(JSON.stringify(answered.messages.map(({ own, state }) => ({ own, state }))));
await session.stop();
process.exit(0);
`;

it('works in a Node project by what npm packs, types included', { timeout: 120_000 }, async () => {
  stack = await startStack();
  await put('package.json', JSON.stringify({ type: 'module' }));
  await put('in-node/chat.ts', IN_NODE);
  // The SDK's own declarations name a DOM; everything else stands without one.
  const node = { target: 'es2022', types: ['node'], lib: ['es2023', 'dom'] };
  expect(await complaints('in-node', { ...node, module: 'nodenext', moduleResolution: 'nodenext' })).toBe('');
  expect(await complaints('in-node', { ...node, module: 'esnext', moduleResolution: 'bundler' })).toBe('');

  await put('in-node/wrong.ts', IN_NODE.replace('session.send(', 'session.sendd('));
  expect(await complaints('in-node', { ...node, module: 'nodenext' })).toContain("'sendd' does not exist");
  await put('in-node/wrong.ts', '');

  const built = path.join(project.dir, 'in-node/built');
  await run(bin('tsc'), ['-p', path.join(project.dir, 'in-node'), '--noEmit', 'false', '--outDir', built]);
  const { stdout } = await run(process.execPath, [path.join(built, 'chat.js'), stack.url]);
  const messages = JSON.parse(stdout) as { own: boolean; state: string }[];
  expect(messages.filter(({ own }) => own)).toEqual([{ own: true, state: 'sent' }]);
  expect(messages.some(({ own }) => !own)).toBe(true);
});

const IN_VITE = `
import { createChatSession } from '@conversations-web-chat/session';
import { createBrowserPorts, createFetchToken } from '@conversations-web-chat/session/browser';

const list = document.querySelector('ul')!;
const session = createChatSession({
  ...createBrowserPorts({ window, storage: 'local' }),
  fetchToken: createFetchToken({ url: '/chat-widget', fetch: window.fetch.bind(window) }),
  connect: async () => (await import('@conversations-web-chat/session/twilio')).createTwilioConnection,
});
session.subscribe(() => {
  const { status, messages } = session.getSnapshot();
  document.title = status;
  list.replaceChildren(
    ...messages.map(({ body, state }) => Object.assign(document.createElement('li'), { textContent: body, className: state })),
  );
});
session.start();
session.send('Where is my order 1042?');
`;

it('works in a Vite project by what npm packs, with the SDK in a script of its own', {
  timeout: 180_000,
}, async () => {
  await put('package.json', JSON.stringify({ type: 'module' }));
  await put(
    'in-vite/index.html',
    '<!doctype html><link rel="icon" href="data:,"><ul></ul><script type="module" src="./main.ts"></script>',
  );
  await put('in-vite/main.ts', IN_VITE);
  const web = { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: [] };
  expect(await complaints('in-vite', { ...web, lib: ['es2023', 'dom', 'dom.iterable'] })).toBe('');

  const folder = path.join(project.dir, 'in-vite');
  await run(bin('vite'), ['build', '--logLevel', 'warn'], { cwd: folder });
  const assets = path.join(folder, 'dist/assets');
  const scripts = await Promise.all(
    (await readdir(assets)).map(async (name) => ({
      name,
      text: await readFile(path.join(assets, name), 'utf8'),
    })),
  );
  const withSdk = scripts.filter(({ text }) => text.includes('com.twilio.rtd.cds.document'));
  expect(withSdk).toHaveLength(1);
  expect(scripts.length).toBeGreaterThan(1);

  const site = path.join(folder, 'site');
  await cp(path.join(folder, 'dist'), site, { recursive: true });
  stack = await startStack({ siteDir: site });
  const visitor = await newVisitor(browser);
  const page = await visitor.newPage(stack.url);
  await page.locator('li.sent', { hasText: 'Where is my order 1042?' }).waitFor();
  await page.locator('li:not(:text-is("Where is my order 1042?"))', { hasText: '1042' }).waitFor();
  expect(await page.title()).toBe('online');
  expect(leavingLoopback(visitor.requests)).toEqual([]);
  expect(visitor.complaints).toEqual([]);
  await visitor.close();
});

it('packs what it needs to run and nothing of its tests', async () => {
  const installed = project.installed('session');
  const names = (await readdir(installed, { recursive: true })).map((name) => name.split(path.sep).join('/'));
  const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, string>>;
  };
  const named = Object.values(manifest.exports).flatMap((entry) => Object.values(entry));
  expect(named.filter((file) => !names.includes(file.replace('./', '')))).toEqual([]);
  // Conditions are tried in order, and whoever knows `types` must meet it before the code.
  for (const entry of Object.values(manifest.exports)) {
    const conditions = Object.keys(entry);
    expect(conditions.indexOf('types')).toBeLessThan(conditions.indexOf('default'));
  }
  expect(names.filter((name) => /\.test\.|fake-browser|robustness|(^|\/)long\//.test(name))).toEqual([]);
  const licence = (folder: string) => readFile(path.join(folder, 'LICENSE'), 'utf8');
  expect(await licence(installed)).toBe(await licence(root));
  expect(names).toContain('README.md');
});
