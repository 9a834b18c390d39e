/**
 * Builds dist/: the loader `chat-widget.js` and the two classic scripts that it loads inside the chat's frame.
 * `--react` (or WIDGET_REACT=1) builds the same source with React 18 into dist-react/.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, loadEnv } from 'vite';
import { thirdPartyNotices } from './build/third-party.mjs';
import { trimPaste } from './build/trim-paste.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const withReact = process.argv.includes('--react') || process.env.WIDGET_REACT === '1';
const outDir = path.join(root, withReact ? 'dist-react' : 'dist');

const preact = [
  { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
  { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
  { find: /^react(-dom)?$/, replacement: 'preact/compat' },
];

// Twilio's own ES2015 builds, all nine or none: otherwise two copies of a package appear (sdk-facts: no core-js,
// no Babel helpers, half the bytes, and the realm's built-ins stay as they are).
const sdkDist = [
  {
    find: /^(twilsock|twilio-sync|@twilio\/(?:conversations|notifications|mcs-client|operation-retrier|replay-event-emitter|declarative-type-validator|deprecation-decorator))$/,
    replacement: '$1/dist/index.js',
  },
];

/** One classic script: its code and the ids of the modules in it. */
async function bundle(entry, { alias = [], plugins = [], define = {} } = {}) {
  const result = await build({
    configFile: false,
    envDir: false,
    root,
    logLevel: 'warn',
    mode: 'production',
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    resolve: { alias, conditions: ['source', 'module', 'browser', 'production'] },
    plugins,
    build: {
      write: false,
      target: ['chrome111', 'firefox114', 'safari16.4'],
      modulePreload: false,
      rolldownOptions: { input: path.join(root, entry), output: { format: 'iife' } },
    },
  });
  const chunks = (Array.isArray(result) ? result[0] : result).output;
  if (chunks.length !== 1) throw new Error(`${entry} must give one script, it gave ${chunks.length}.`);
  return { code: chunks[0].code, modules: Object.keys(chunks[0].modules) };
}

const hashed = (name, code) =>
  `${name}.${createHash('sha256').update(code).digest('base64url').slice(0, 6)}.js`;

const workspace = path.resolve(root, '../..');
const env = loadEnv('production', workspace, 'REACT_APP_');

const [sdk, app] = await Promise.all([
  bundle('src/app/sdk.ts', { alias: sdkDist }),
  bundle('src/app/mount.tsx', {
    alias: withReact ? [] : preact,
    plugins: [trimPaste()],
    define: { __TOKEN_SERVICE_URL__: JSON.stringify(env.REACT_APP_TOKEN_SERVICE_URL ?? '') },
  }),
]);
const sdkFile = hashed('sdk', sdk.code);
const appFile = hashed('app', app.code);

const loader = await bundle('src/loader/main.ts', {
  define: {
    __APP_FILE__: JSON.stringify(appFile),
    __SDK_FILE__: JSON.stringify(sdkFile),
  },
});

const relative = (id) => path.relative(workspace, id).replaceAll('\\', '/');
const manifest = {
  'chat-widget.js': loader.modules.map(relative),
  [appFile]: app.modules.map(relative),
  [sdkFile]: sdk.modules.map(relative),
};

const notices = await thirdPartyNotices([...app.modules, ...sdk.modules]);

await mkdir(outDir, { recursive: true });
await writeFile(path.join(outDir, appFile), app.code);
await writeFile(path.join(outDir, sdkFile), sdk.code);
// The loader last: whoever serves dist/ meanwhile never sees a name without its file.
await writeFile(path.join(outDir, 'chat-widget.js'), loader.code);
await writeFile(path.join(outDir, 'third-party.txt'), notices);
await writeFile(path.join(outDir, 'modules.json'), `${JSON.stringify(manifest, null, 1)}\n`);
const beside = ['modules.json', 'third-party.txt'];
for (const file of await readdir(outDir)) {
  if (!beside.includes(file) && !(file in manifest)) await rm(path.join(outDir, file), { recursive: true });
}
