import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ContentTemplate, readTemplates } from './content/content-template.js';
import { createMediaFiles, type MediaFiles } from './media/media-files.js';
import type { EmulatorOptions } from './options.js';
import { StartError } from './start-error.js';
import { openStore, type Store } from './store/store.js';

/** Throws a {@link StartError} for what no emulator can start with. Answers where the store is. */
export function checkOptions(options: EmulatorOptions): string {
  if (process.env.NODE_ENV === 'production') {
    const message = 'The emulator is for development: it does not run with NODE_ENV=production';
    throw new StartError('refused_in_production', message);
  }
  const { port = 0 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError('invalid_option', `port must be a whole number from 0 to 65535, not ${port}`);
  }
  for (const name of ['maxMediaBytes', 'mediaUrlSeconds'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new StartError('invalid_option', `${name} must be a whole number from 1, not ${value}`);
    }
  }
  const { data = ':memory:' } = options;
  if (data === '') throw new StartError('invalid_option', 'data is empty: name a file, or :memory:');
  return data;
}

export function loadTemplates(path: string): ContentTemplate[] {
  try {
    return readTemplates(readFileSync(path, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StartError('invalid_option', `templates: ${message}`, { cause: error });
  }
}

export function openStoreAt(path: string): Store {
  const folder = path === ':memory:' ? undefined : dirname(resolve(path));
  try {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError('store_unavailable', `Cannot make the folder ${folder} for the store: ${why}`, {
      cause: error,
    });
  }
  try {
    return openStore(path);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StartError('store_unavailable', message, { cause: error });
  }
}

export function openMediaFiles(data: string, store: Store): MediaFiles {
  const files = createMediaFiles(data);
  try {
    files.sweep(store.media.has);
    return files;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError('store_unavailable', `The media folder beside the store cannot be used: ${why}`, {
      cause: error,
    });
  }
}
