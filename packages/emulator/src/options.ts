/** What {@link createEmulator} takes; every field has a default. */
export interface EmulatorOptions {
  /** Port to listen on, on loopback. Default `0`: any free port. */
  port?: number;
  /** A file for the SQLite store (made with its folder when missing), or `:memory:` (default). */
  data?: string;
  /** Fixed credentials; by default a `:memory:` store draws new ones and a file store keeps its first. */
  credentials?: Partial<Credentials>;
  /** A JSON file of content templates, as Twilio's Content API writes them. Default: six of our own, one of each type. */
  templates?: string;
  /** Origins that browsers may connect from. Default: any loopback origin. */
  allowedOrigins?: readonly string[];
  /** Hosts that webhooks may be sent to. Default: loopback only. */
  allowedWebhookHosts?: readonly string[];
  /** The largest file that may be uploaded, in bytes, and the most that one message carries. Default 150 MB. */
  maxMediaBytes?: number;
  /** How long a temporary URL of a file works, in seconds. Default 300. */
  mediaUrlSeconds?: number;
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
 * answer how many sockets they met. A bad argument throws an error that names it and what is allowed. What is random
 * is drawn from one seed: the same orders in the same order draw the same numbers again.
 *
 * @example
 * emulator.faults.latency(80, { jitter: 40, distribution: 'exponential' });
 * emulator.faults.dropAround('afterWrite', { identity: 'visitor-42', path: '/Messages' });
 * emulator.faults.answer({ status: 429, method: 'POST', nth: 3 });
 * emulator.faults.reset();
 */
export interface EmulatorFaults {
  /** Cuts the sockets of one identity, or all of them, without a goodbye. */
  drop(identity?: string): number;
  /**
   * Cuts the socket of a write to come, once: the first (or `nth`) request over a socket that changes something and
   * matches. `beforeWrite`: it is never carried out. `afterWrite`: it is stored, and neither its reply nor its events
   * leave on that socket. `afterReply`: as soon as its reply has left.
   */
  dropAround(when: 'beforeWrite' | 'afterWrite' | 'afterReply', match?: FaultMatch): void;
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
   * Every reply and push is held back for this many milliseconds (0 to 60,000) and the order on a socket is kept;
   * requests are carried out at once. With `jitter`, each is drawn anew: `uniform` (the default) is ms ± jitter,
   * `normal` has jitter as its standard deviation, `exponential` is ms and a tail of jitter on average. `0` ends it:
   * what waits goes at once.
   */
  latency(
    ms: number,
    spread?: { jitter?: number; distribution?: 'uniform' | 'normal' | 'exponential'; identity?: string },
  ): void;
  /**
   * While on, the sockets that are open now, of one identity or all, are deaf and dumb, pings included, and their TCP
   * connections stay: to the client, nothing has happened. Off, what was said meanwhile is heard and answered, unless
   * the service has given the socket up (its token ended, or too much waits): then it is cut.
   */
  halfOpen(on: boolean, identity?: string): number;
  /** While on, requests are carried out and their replies wait; pushes pass. */
  pauseReplies(on: boolean, identity?: string): void;
  /**
   * Live events go astray; replies, results of subscriptions and replays do not. Up to `reorder` (0 to 100) events
   * are passed over by later ones, each comes twice with the chance `duplicate` (0 to 1), and each is late by `minMs`
   * to `maxMs`. `keep` says what stays in order: `item` (the default), the events of one item or document; `nothing`.
   * A cut forgets what was under way, and the SDK may then never get it. Everything at 0 ends it.
   */
  disorder(plan: {
    reorder?: number;
    duplicate?: number;
    minMs?: number;
    maxMs?: number;
    keep?: 'item' | 'nothing';
    identity?: string;
  }): void;
  /**
   * Answers the first (or `nth`) matching request and those after it, `times` (1) in all, with this error status (400
   * to 599) instead of carrying it out: requests over sockets, REST and media alike. `to` aims at the frames `init`
   * or `update` instead. `code` is the error code in the body (of a frame, its `errorCode`); `backoffMs` is sent as
   * `Retry-After` over HTTP, and as the back-off policy of a frame. Several orders wait side by side.
   */
  answer(
    answer: {
      status: number;
      code?: number;
      backoffMs?: number;
      to?: 'request' | 'init' | 'update';
      times?: number;
    } & FaultMatch,
  ): void;
  /** Begins the random numbers anew, from this seed (0 to 2,147,483,647). At first, and after `reset`, it is 1. */
  seed(seed: number): void;
  /** Ends what lasts, forgets what waits for requests, and begins the random numbers anew. */
  reset(): void;
}

/** Which requests a fault waits for; what is left out matches all. */
export interface FaultMatch {
  /** As `POST`. */
  method?: string;
  /** A part of the path without its query; with `*` in it, which stands for anything, the whole path. */
  path?: string;
  /** Who asks. Requests with the account's credentials are nobody's. */
  identity?: string;
  /** Counted from 1 among the matching requests from now on. */
  nth?: number;
}
