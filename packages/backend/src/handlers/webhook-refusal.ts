import type { Reply } from '../call.js';
import { errorFacts, errorReply, internalError, ServiceError } from '../errors.js';
import type { Log } from '../log.js';

/** The answer to a delivery that is not acted on, and its line in the log. */
export function webhookRefusal(error: unknown, log: Log, webhook: string): Reply {
  if (error instanceof ServiceError) {
    log.warn({ event: 'webhook', webhook, outcome: error.code }, 'webhook refused');
    return errorReply(error, error.status === 405 ? { headers: { allow: 'POST' } } : {});
  }
  log.error(
    { event: 'webhook', webhook, outcome: internalError.code, ...errorFacts(error) },
    'webhook failed',
  );
  return errorReply(internalError);
}
