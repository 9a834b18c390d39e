import type { Handler } from '../call.js';
import type { Log } from '../log.js';
import { signedParams } from '../signature.js';
import { webhookRefusal } from './webhook-refusal.js';

/** A webhook that nobody acts on, because there is no bot: whoever calls has to be Twilio all the same. */
export function createAcknowledgingHandler(options: {
  authToken: string;
  /** The webhook's own address. */
  url: string;
  log: Log;
}): Handler {
  const { authToken, url, log } = options;
  return (call) => {
    try {
      signedParams(call, authToken, url);
      return Promise.resolve({ status: 204, headers: {}, body: null });
    } catch (error) {
      return Promise.resolve(webhookRefusal(error, log, new URL(url).pathname.split('/').at(-1) ?? ''));
    }
  };
}
