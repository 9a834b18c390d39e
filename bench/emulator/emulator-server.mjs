// The emulator in a process of its own: `node emulator-server.mjs BUILD STORE`, driven over IPC.
import { pathToFileURL } from 'node:url';
import { answerParent } from '../child.mjs';

const [build = '', data = ''] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(build).href);
const emulator = await createEmulator({ data, log: (line) => process.stderr.write(`${line}\n`) });

answerParent(
  { url: emulator.wsUrl, restUrl: emulator.restUrl, credentials: emulator.credentials },
  emulator.close,
);
