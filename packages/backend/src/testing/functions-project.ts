import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const project = fileURLToPath(new URL('../../functions/', import.meta.url));
/** Within the workspace, from where bundles find the official helper. */
const scratch = fileURLToPath(new URL('../../../../.cache/', import.meta.url));

/** A copy of the project that is uploaded, with `dist/functions` and `dist/assets` built. */
export interface BuiltFunctions {
  dir: string;
  remove(): Promise<void>;
}

/**
 * Builds the Functions from their sources by the project's own build, with the bot of a file. Without a built widget
 * its place is held by an empty script.
 */
export async function buildFunctions(botFile: string, widgetDir?: string): Promise<BuiltFunctions> {
  await mkdir(scratch, { recursive: true });
  const dir = await mkdtemp(path.join(scratch, 'functions-'));
  for (const name of ['package.json', '.twilioserverlessrc']) {
    await copyFile(path.join(project, 'project', name), path.join(dir, name));
  }
  const widget = widgetDir ?? path.join(dir, 'no-widget');
  if (widgetDir === undefined) {
    await mkdir(widget);
    await writeFile(path.join(widget, 'chat-widget.js'), '');
  }
  const args = ['--bot', botFile, '--widget', widget, '--out', path.join(dir, 'dist')];
  await promisify(execFile)(process.execPath, [path.join(project, 'build.mjs'), ...args]);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
