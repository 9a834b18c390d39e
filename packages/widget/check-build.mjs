/** Looks at what build.mjs made, and fails where it holds something that must never be shipped. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const workspace = path.resolve(root, '../..');
const dist = path.join(root, 'dist');
const problems = [];
const expect = (condition, problem) => condition || problems.push(problem);

if (!existsSync(path.join(dist, 'modules.json'))) {
  console.error('packages/widget/dist is not built. Run: npm run build -w packages/widget');
  process.exit(1);
}
const modules = JSON.parse(await readFile(path.join(dist, 'modules.json'), 'utf8'));
const files = (await readdir(dist)).filter((file) => file.endsWith('.js'));
const code = new Map();
for (const file of files) code.set(file, await readFile(path.join(dist, file), 'utf8'));

const named = (prefix) => files.filter((file) => file.startsWith(prefix));
const [app, ...otherApps] = named('app.');
const [sdk, ...otherSdks] = named('sdk.');
expect(
  app && sdk && otherApps.length + otherSdks.length === 0,
  `dist must hold one app and one SDK script, it holds ${files.join(', ')}.`,
);

// The loader: its own folder and config.ts, and of other files the names of exactly these two.
const loader = code.get('chat-widget.js') ?? '';
for (const id of modules['chat-widget.js'] ?? []) {
  const ours = id.startsWith('packages/widget/src/loader/') || id === 'packages/widget/src/config.ts';
  expect(ours, `The loader carries ${id}; it may import config.ts and nothing else.`);
}
const mentioned = new Set(loader.match(/[\w-]+(?:\.[\w-]+)?\.js\b/g) ?? []);
expect(
  mentioned.size === 2 && mentioned.has(app) && mentioned.has(sdk),
  `The loader must name ${app} and ${sdk} only; it names ${[...mentioned].join(', ') || 'nothing'}.`,
);
expect(
  !/\bimport\s*\(|\bfetch\s*\(|XMLHttpRequest|https?:\/\//.test(loader),
  'The loader must load nothing but its two scripts.',
);

// The SDK from its dist builds: polyfills would double it and replace built-ins.
for (const id of modules[sdk] ?? []) {
  expect(
    !/core-js|@babel\//.test(id),
    `The SDK script carries ${id}; its nine packages must come from their dist builds.`,
  );
}
for (const [file, ids] of Object.entries(modules)) {
  for (const id of ids) {
    expect(
      !/packages\/(emulator|backend|cli)\//.test(id),
      `${file} carries ${id}; widget and ${id.split('/')[1]} meet on the wire only.`,
    );
    expect(
      file === sdk || !/@twilio\/conversations|twilsock/.test(id),
      `${file} carries ${id}; the SDK belongs into its own script.`,
    );
  }
}

const secrets = [
  [/\bSK[0-9a-f]{32}\b/, 'an API key SID'],
  [/\bAC[0-9a-f]{32}\b/, 'an account SID'],
  [/AUTH_TOKEN|API_KEY_SECRET/, "a secret's name"],
  [/-----BEGIN [A-Z ]*KEY/, 'a private key'],
  [/sourceMappingURL/, 'a source map'],
  [/createEmulator|conversations-emulator/, 'something of the emulator'],
];
const envFile = path.join(workspace, '.env');
const env = existsSync(envFile) ? await readFile(envFile, 'utf8') : '';
const privateValues = env
  .split('\n')
  .map((line) => /^\s*(?:export\s+)?([A-Z0-9_]+)\s*=\s*["']?(.*?)["']?\s*$/.exec(line))
  .filter((match) => match && !match[1].startsWith('REACT_APP_') && match[2].length >= 8);
for (const [file, text] of code) {
  for (const [pattern, what] of secrets)
    expect(!pattern.test(text), `${file} contains ${what} (${pattern}).`);
  expect(!text.includes(workspace), `${file} contains a path of this machine.`);
  for (const [, name, value] of privateValues)
    expect(!text.includes(value), `${file} contains the value of ${name} from .env.`);
}

for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`${files.length} files of packages/widget/dist are as they should be.`);
process.exit(problems.length === 0 ? 0 : 1);
