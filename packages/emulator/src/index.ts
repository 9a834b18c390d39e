export type {
  Credentials,
  DeliveryReport,
  Emulator,
  EmulatorFaults,
  EmulatorOptions,
  FaultMatch,
} from './options.js';
export { createEmulator } from './server.js';
export { StartError, type StartErrorCode } from './start-error.js';
