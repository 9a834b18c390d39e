import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@conversations-web-chat/backend';
import { type Command, defineCommand, UsageError } from './command.js';
import type { CommandIo } from './command-io.js';
import { readVariables } from './read-config.js';
import { type ToolkitDeployment, uploadWithToolkit } from './toolkit.js';

const PROJECT = 'packages/backend/functions/project';

/** The toolkit signs in with these and uploads neither: the platform has its own. */
const NOT_UPLOADED = ['ACCOUNT_SID', 'AUTH_TOKEN'];

export const deploy: Command = defineCommand({
  summary: 'uploads the backend and the widget to Twilio Functions',
  usage: `Usage: conversations-web-chat deploy [options]

Checks the variables, uploads the built Functions and the widget with Twilio's Serverless Toolkit, and prints the script
tag for your site. In this repository, npm run deploy builds everything first. So far nobody has tried the upload
itself against Twilio.

  --dry-run          show what would be uploaded, upload nothing
  --project DIR      the Serverless Toolkit project  (default ${PROJECT})
  --env FILE         the variables of the Functions  (default .env in the project)
  --environment NAME the suffix of the domain        (default dev)
  --override         upload into a service of the same name that is there already

Exit codes: 0 uploaded (or, with --dry-run, shown), 1 not uploaded, 2 wrong call.`,
  options: {
    'dry-run': { type: 'boolean', default: false },
    project: { type: 'string', default: PROJECT },
    env: { type: 'string' },
    environment: { type: 'string', default: 'dev' },
    override: { type: 'boolean', default: false },
  },
  async run(values, io) {
    const { environment } = values;
    if (!/^[a-z0-9][a-z0-9-]{0,15}$/.test(environment)) {
      throw new UsageError(`--environment is "${environment}"; it must be up to 16 of a-z, 0-9 and hyphens.`);
    }
    const project = path.resolve(values.project);
    const envFile = path.resolve(values.env ?? path.join(project, '.env'));
    const variables = readVariables(envFile, io);
    const wrong = whatIsWrong(variables, envFile);
    if (wrong !== undefined) return complain(io, wrong);
    const files = filesIn(project);
    if (files === undefined) {
      return complain(io, `There are no built Functions in ${project}. Build them: npm run build:functions`);
    }

    const dependencies = dependenciesOf(project);
    if (typeof dependencies === 'string') return complain(io, dependencies);

    showUpload({ project, files, variables, dependencies }, io);
    if (values['dry-run']) {
      io.print('Nothing was uploaded.');
      return 0;
    }
    const toolkit = toolkitOf(project);
    if (toolkit === undefined) {
      return complain(
        io,
        `twilio-run is not installed. Run npm install --save-dev twilio-run in ${project}.`,
      );
    }
    const { override } = values;
    const outcome = await uploadWithToolkit({ toolkit, project, envFile, environment, override, io });
    if ('reason' in outcome) {
      const reason = withoutValues(outcome.reason, variables);
      return complain(io, `Twilio's toolkit did not upload it: ${reason}`);
    }
    io.print(nextSteps(outcome, envFile));
    return 0;
  },
});

function complain(io: CommandIo, sentence: string): number {
  io.complain(sentence);
  return 1;
}

/** What would not work once it is uploaded; a table, or a sentence. */
function whatIsWrong(variables: CommandIo['env'], file: string): string | undefined {
  for (const name of ['TWILIO_API_BASE_URL', 'REALTIME_URL']) {
    if (variables[name]?.trim()) {
      return `${name} in ${file} names a local Conversations service, which Twilio cannot reach. Leave it out.`;
    }
  }
  if (!variables.CONVERSATIONS_SERVICE_SID?.trim() && variables.SERVICE_SID?.trim()) {
    return `SERVICE_SID in ${file} is filled by the platform with its own ZS…. Name it CONVERSATIONS_SERVICE_SID.`;
  }
  // Left out, the Functions take the domain they were given.
  const reading = readEnvironment({
    PUBLIC_BASE_URL: 'https://given-by-twilio.invalid',
    ...withoutBlanks(variables),
  });
  return reading.ok ? undefined : reading.table;
}

/** What another program says may quote what it was given. */
export function withoutValues(text: string, variables: CommandIo['env']): string {
  const hidden = Object.entries(variables).flatMap(([name, value]) =>
    /TOKEN|SECRET|KEY|PASSWORD|_URL/.test(name) && value !== undefined && value.trim().length >= 8
      ? [[name, value.trim()] as const]
      : [],
  );
  return hidden.reduce((rest, [name, value]) => rest.replaceAll(value, `(${name})`), text);
}

function withoutBlanks(variables: CommandIo['env']): CommandIo['env'] {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
}

/** The Functions and assets of a project, each with its size; `undefined` when they are not built. */
function filesIn(project: string): { name: string; kilobytes: number }[] | undefined {
  const dist = path.join(project, 'dist');
  try {
    const names = readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll(path.sep, '/'))
      .filter((name) => /^(functions|assets)\/.+\.\w+$/.test(name));
    const files = names.map((name) => ({
      name,
      kilobytes: Math.ceil(statSync(path.join(dist, name)).size / 1024),
    }));
    return files.some(({ name }) => name.startsWith('functions/')) ? files : undefined;
  } catch {
    return undefined;
  }
}

/** What the platform installs for a project; a sentence when its manifest does not say. */
function dependenciesOf(project: string): Readonly<Record<string, string>> | string {
  const manifest = path.join(project, 'package.json');
  try {
    return JSON.parse(readFileSync(manifest, 'utf8')).dependencies ?? {};
  } catch (error) {
    return `${manifest} cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

function showUpload(
  {
    project,
    files,
    variables,
    dependencies,
  }: {
    project: string;
    files: { name: string; kilobytes: number }[];
    variables: CommandIo['env'];
    dependencies: Readonly<Record<string, string>>;
  },
  io: CommandIo,
): void {
  const names = Object.keys(withoutBlanks(variables)).filter((name) => !NOT_UPLOADED.includes(name));
  const width = Math.max(...files.map(({ name }) => name.length));
  io.print(
    [
      `From ${project}:`,
      ...files.map(({ name, kilobytes }) => `  ${name.padEnd(width)}  ${kilobytes} KB`).sort(),
      `Variables:    ${names.sort().join(', ')}`,
      `Dependencies: ${Object.entries(dependencies)
        .map((dependency) => dependency.join(' '))
        .join(', ')}`,
    ].join('\n'),
  );
}

/** The toolkit's command as the project has it, or whoever is above it. */
function toolkitOf(project: string): string | undefined {
  try {
    const manifest = createRequire(path.join(project, 'package.json')).resolve('twilio-run/package.json');
    return path.join(path.dirname(manifest), 'bin/twilio-run.js');
  } catch {
    return undefined;
  }
}

/** What is left to do by hand. */
export function nextSteps({ domain }: ToolkitDeployment, envFile: string): string {
  // By its path: npx takes a name that is not installed here from the registry, from whoever has it there.
  const cli = path.relative('', fileURLToPath(new URL('../dist/main.js', import.meta.url)));
  return [
    `Uploaded to https://${domain}`,
    '',
    'The script tag for your site:',
    '',
    `  <script async src="https://${domain}/chat-widget.js"></script>`,
    '',
    'Tell the Conversations service where new conversations are reported:',
    '',
    `  node ${cli} webhooks --env ${path.relative('', envFile)} --functions ${domain}`,
  ].join('\n');
}
