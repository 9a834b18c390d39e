/**
 * The ports of a session as a browser fills them.
 *
 * @packageDocumentation
 */
export { createBringAlong } from './bring-along.js';
export { type BrowserPorts, type BrowserPortsOptions, createBrowserPorts } from './browser-ports.js';
export type { StorageChoice } from './storage.js';
export { tidyStorage } from './tidy-storage.js';
export { createFetchToken, type FetchTokenOptions } from './token-client.js';
