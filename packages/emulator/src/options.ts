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

/** What {@link Emulator.deliver} takes. */
export interface DeliveryReport {
  messageSid: string;
  participantSid?: string;
  status: 'sent' | 'delivered' | 'read' | 'failed' | 'undelivered';
  errorCode?: number;
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
   * Reports how a message fares with those who take part by another channel, as their carrier would: `delivered`,
   * `read`, `failed` or `undelivered`, the last two with an `errorCode`. Without `participantSid`, for all of them who
   * can still get there. Answers how many receipts moved. A receipt moves forward only: else it throws, saying why.
   */
  deliver(report: DeliveryReport): number;
  /**
   * Gives a message what the channel it came through would add: what `message.getChannelMetadata()` answers. `data` is
   * any JSON. The SDK learns that there is some when it loads the message, not later.
   */
  setChannelMetadata(metadata: { messageSid: string; type: string; data: unknown }): void;
  /**
   * Empties the store, webhook configurations included; credentials stay. Connected clients are dropped and find
   * nothing of theirs.
   */
  reset(): void;
  /** Stops listening, drops sockets, waits for webhook deliveries under way, closes the store. */
  close(): Promise<void>;
}

/**
 * Trouble on demand, at once: the same as `POST {restUrl}/_emulator/faults` takes. Methods that answer a number
 * answer how many sockets they met. A bad argument throws an error that names it and what is allowed.
 *
 * @example
 * emulator.faults.latency(300);
 * emulator.faults.close({ code: 308, identity: 'visitor-42' });
 * emulator.faults.reset();
 */
export interface EmulatorFaults {
  /** Cuts the sockets of one identity, or all of them, without a goodbye. */
  drop(identity?: string): number;
  /** While on, new sockets are refused with 503; those that are open stay. */
  refuse(on: boolean): void;
  /**
   * Sends a Twilsock `close` frame with this status, then closes the socket. `code` is 100 to 599: 308 moves clients
   * away and back, 410 says that their token has expired; 406 and 417 leave the SDK dead for good. `status` is the
   * code's name, by default `OFFLOAD` for 308 and else HTTP's. Without `identity`, everybody is met.
   */
  close(goodbye: { code: number; status?: string; identity?: string }): number;
  /** Says now, on every socket of the identity, that its token is about to expire. The token stays good. */
  tokenAboutToExpire(identity: string): number;
  /**
   * Every token that the identity has used so far counts as expired from now on, and its sockets end: cut (`drop`),
   * as the emulator does at a token's own end, or by a `close` frame with 410 (`close410`), on which the SDK does not
   * come back by itself. Only a different token is taken then. `reset` does not make the old ones good again.
   */
  expireToken(identity: string, how: 'drop' | 'close410'): number;
  /**
   * Every reply and push is held back for this many milliseconds (0 to 60,000) and their order is kept; requests are
   * carried out at once. `0` ends it: what waits goes at once.
   */
  latency(ms: number): void;
  /** Ends what lasts: refusing and latency. */
  reset(): void;
}
