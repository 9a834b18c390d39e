/**
 * Builds the project that is uploaded to Twilio Functions: each Function with everything it needs in one CommonJS file,
 * since the platform installs only what `project/package.json` names, and the built widget as assets.
 *
 *   --bot FILE     whose `bot` answers visitors        (default functions/bot.ts)
 *   --widget DIR   the built widget                    (default packages/widget/dist)
 *   --out DIR      where functions/ and assets/ go     (default functions/project/dist)
 */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: given } = parseArgs({
  options: { bot: { type: 'string' }, widget: { type: 'string' }, out: { type: 'string' } },
});
const bot = path.resolve(given.bot ?? path.join(here, 'bot.ts'));
const widget = path.resolve(given.widget ?? path.join(here, '../../widget/dist'));
const out = path.resolve(given.out ?? path.join(here, 'project/dist'));

/** The platform has the helper; everything else comes along. */
const external = [/^twilio($|\/)/];

/** Puts the chosen bot where the Functions import theirs. */
const chosenBot = {
  name: 'chosen-bot',
  resolveId: (source, importer) =>
    source.endsWith('/bot.js') && importer !== undefined && isFunction(importer) ? bot : null,
};
const isFunction = (file) => file.startsWith(here + path.sep);

async function bundle(name) {
  const build = await rolldown({
    input: path.join(here, `${name}.ts`),
    platform: 'node',
    external,
    plugins: [chosenBot],
    resolve: {
      extensionAlias: { '.js': ['.ts', '.js'] },
      conditionNames: ['source', 'import', 'node', 'default'],
    },
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`${name}: ${log.message}`);
    },
  });
  const file = path.join(out, 'functions', `${name}.js`);
  const { output } = await build.write({ file, format: 'cjs', exports: 'named', codeSplitting: false });
  await build.close();
  const strangers = output.flatMap(({ imports }) => imports).filter((id) => !isThere(id));
  if (output.length !== 1 || strangers.length > 0) {
    throw new Error(
      `${name} must be one file that needs the helper alone; it needs ${strangers.join(', ')}.`,
    );
  }
  return file;
}

const isThere = (id) => isBuiltin(id) || external.some((pattern) => pattern.test(id));

const functions = (await readdir(here, { recursive: true }))
  .filter((name) => /^(?!project\b).+\.ts$/.test(name) && name !== 'bot.ts')
  .map((name) => name.slice(0, -'.ts'.length));

await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, 'assets'), { recursive: true });
await Promise.all(functions.map(bundle));
const assets = (await readdir(widget)).filter((name) => /\.js$|^third-party\.txt$/.test(name));
if (!assets.includes('chat-widget.js')) throw new Error(`There is no built widget in ${widget}.`);
await Promise.all(assets.map((name) => copyFile(path.join(widget, name), path.join(out, 'assets', name))));
