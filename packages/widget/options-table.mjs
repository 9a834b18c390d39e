/**
 * The table of options as Markdown, from the entries of src/config.ts and the comment above each. Run alone it
 * prints the table.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const source = path.join(path.dirname(fileURLToPath(import.meta.url)), 'src/config.ts');

/** @returns {Promise<{name: string, attribute: string, type: string, standard: string, description: string}[]>} */
export async function readOptionTable() {
  const text = await readFile(source, 'utf8');
  const from = text.indexOf('const defaults = {');
  const table = text.slice(from, text.indexOf('} as const', from));
  const options = [];
  for (const match of table.matchAll(
    /\/\*\* (?<description>[\s\S]*?) \*\/\s*(?<name>\w+): (?<value>.+),\n/g,
  )) {
    const { name, value, description } = match.groups;
    const list = /^\[(.*)\]$/
      .exec(value)?.[1]
      .split(', ')
      .map((choice) => choice.replaceAll("'", '`'));
    const isText = value.startsWith("'");
    options.push({
      name,
      attribute: `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      type: list ? list.join(', ') : isText ? 'text' : /^\d/.test(value) ? 'number' : 'boolean',
      standard: list ? list[0] : value === "''" ? '' : `\`${isText ? value.slice(1, -1) : value}\``,
      description: description.replace(/\s*\n\s*\*\s*/g, ' '),
    });
  }
  return options;
}

/** @returns {Promise<string>} */
export async function optionsTable() {
  const rows = (await readOptionTable()).map(
    (option) =>
      `| \`${option.name}\` | \`${option.attribute}\` | ${option.type} | ${option.standard} | ${option.description} |`,
  );
  return ['| Option | Attribute | Type | Default | |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(await optionsTable());
