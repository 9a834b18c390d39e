import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * The built files of the installed widget: of the project in one of these folders, the first that has it. Looked for as
 * Node looks for packages, but for its files, which no `exports` lists.
 */
export async function findWidget(folders: readonly string[]): Promise<string | undefined> {
  const places = folders.flatMap(
    (folder) =>
      createRequire(path.join(folder, 'any.js')).resolve.paths('@conversations-web-chat/widget') ?? [],
  );
  for (const place of places) {
    const dist = path.join(place, '@conversations-web-chat', 'widget', 'dist');
    const script = await stat(path.join(dist, 'chat-widget.js')).catch(() => null);
    if (script?.isFile()) return dist;
  }
  return undefined;
}
