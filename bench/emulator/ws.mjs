import { createRequire } from 'node:module';

// The very `ws` that the emulator runs on, so that both servers and the load share its costs.
const require = createRequire(new URL('../../packages/emulator/package.json', import.meta.url));

export const { WebSocket, WebSocketServer } = require('ws');
