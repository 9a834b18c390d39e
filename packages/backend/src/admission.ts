import type { Call, Params } from './call.js';
import type { Config } from './config.js';
import { ServiceError } from './errors.js';
import type { ProvenVisitor } from './proven-visitor.js';

/** Decides whether a visitor who proved who they are may come in; refuses by throwing. */
export type Admit = (visitor: ProvenVisitor, call: Call, body: Params) => Promise<void>;

/** {@link Admit} by the service's rules. */
export function createAdmission(options: { config: Pick<Config, 'bannedIdentities'> }): Admit {
  const banned = new Set(options.config.bannedIdentities);
  return (visitor) => {
    if (banned.has(visitor.identity)) {
      return Promise.reject(new ServiceError('banned', 'This visitor may not use the chat any more.'));
    }
    return Promise.resolve();
  };
}
