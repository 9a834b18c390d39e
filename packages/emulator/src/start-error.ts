export type StartErrorCode = 'port_in_use' | 'invalid_option' | 'refused_in_production' | 'store_unavailable';

/** Why an emulator did not start: a stable `code`, and a message that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
