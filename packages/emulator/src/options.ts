/** What {@link createEmulator} takes; every field has a default. */
export interface EmulatorOptions {
  /** Port to listen on, on loopback. Default `0`: any free port. */
  port?: number;
  /** A file for the SQLite store (made with its folder when missing), or `:memory:` (default). */
  data?: string;
  /** Fixed credentials; by default a `:memory:` store draws new ones and a file store keeps its first. */
  credentials?: Partial<Credentials>;
  /** Origins that browsers may connect from. Default: any loopback origin. */
  allowedOrigins?: readonly string[];
  /** Hosts that webhooks may be sent to. Default: loopback only. */
  allowedWebhookHosts?: readonly string[];
  /** Lines about what happened that a developer should see. Default: none. */
  log?: (line: string) => void;
}

/** The secrets of the one local account. */
export interface Credentials {
  accountSid: string;
  authToken: string;
  apiKeySid: string;
  apiKeySecret: string;
  serviceSid: string;
}

/** A running emulator. */
export interface Emulator {
  /** Base URL of the REST API, e.g. `http://127.0.0.1:4010`. */
  restUrl: string;
  /** The socket the SDK connects to, e.g. `ws://127.0.0.1:4010/v3/wsconnect`. */
  wsUrl: string;
  credentials: Credentials;
  faults: EmulatorFaults;
  /**
   * Empties the store, webhook configurations included; credentials stay. Connected clients are dropped and find
   * nothing of theirs.
   */
  reset(): void;
  /** Stops listening, drops sockets, waits for webhook deliveries under way, closes the store. */
  close(): Promise<void>;
}

/** Trouble on demand. More of it comes with the fault API. */
export interface EmulatorFaults {
  /** Cuts the sockets of one identity, or all of them, without a goodbye. */
  drop(identity?: string): void;
  /** While on, new sockets are refused; those that are open stay. */
  refuse(on: boolean): void;
}
