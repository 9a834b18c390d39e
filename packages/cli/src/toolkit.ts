import { spawn } from 'node:child_process';
import type { CommandIo } from './command-io.js';

/** What the toolkit says of an upload that worked. */
export interface ToolkitDeployment {
  /** E.g. `conversations-web-chat-1234-dev.twil.io`. */
  domain: string;
}

/** Uploads a project with the toolkit's own command; resolves to what it made, or to the reason why it did not. */
export async function uploadWithToolkit(options: {
  /** The path of twilio-run's command. */
  toolkit: string;
  project: string;
  envFile: string;
  environment: string;
  override: boolean;
  io: CommandIo;
}): Promise<ToolkitDeployment | { reason: string }> {
  const { toolkit, project, envFile, environment, override, io } = options;
  const args = ['deploy', '--cwd', project, '--env', envFile, '--environment', environment];
  if (override) args.push('--override-existing-project');
  const child = spawn(process.execPath, [toolkit, ...args, '--output-format', 'json'], {
    cwd: project,
    env: io.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  const domain = code === 0 ? readDomain(out) : undefined;
  return domain === undefined ? { reason: readReason(complaints) } : { domain };
}

/** The domain in the toolkit's JSON. Total: what another program prints may be anything. */
export function readDomain(text: string): string | undefined {
  try {
    const domain: unknown = JSON.parse(text).domain;
    return typeof domain === 'string' && /^[a-z0-9.-]+$/.test(domain) ? domain : undefined;
  } catch {
    return undefined;
  }
}

/** The toolkit draws a box around its reasons, below a line for each step. */
export function readReason(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) => line.slice(1).trim())
    .filter((line) => line !== '')
    .map((line) => line.replace(/^ERROR */, ''))
    .filter((line) => line !== '');
  return lines.length > 0 ? lines.join(' ') : 'it gave no reason.';
}
