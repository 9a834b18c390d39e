import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const source = dirname(fileURLToPath(import.meta.url));
const readme = readFileSync(join(source, '../README.md'), 'utf8');
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** What is wrong with `code`, as somebody's module with the packages at hand, by the compiler's own words. */
function complaintsAbout(code: string): string[] {
  const { config } = ts.readConfigFile(join(source, '../tsconfig.browser.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(source, '..'));
  const host = ts.createCompilerHost(options);
  // It stands in no file: only the compiler sees it, beside the sources.
  const example = join(source, 'example-of-the-readme.ts');
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => name === example || fileExists(name);
  host.readFile = (name) => (name === example ? code : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === example ? ts.createSourceFile(name, code, rest[0]) : getSourceFile(name, ...rest);
  const program = ts.createProgram([example], options, host);
  const file = program.getSourceFile(example);
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('the example of the README compiles', { timeout: 60_000 }, () => {
  expect(examples).toHaveLength(1);
  const [example = ''] = examples;
  const given = `declare function render(snapshot: import('@conversations-web-chat/session').ChatSnapshot): void;\n`;
  expect(complaintsAbout(given + example)).toEqual([]);
  expect(complaintsAbout(given + example.replace('fetchToken:', 'getToken:'))).not.toEqual([]);
});
