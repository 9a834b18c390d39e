import type { Params } from './call.js';
import type { ProvenVisitor } from './proven-visitor.js';

/**
 * Hardened mode: resolves to the SID of the visitor's open conversation, which is made when there is none. The same
 * call twice, at the same time too, makes one. `body.ended` may name a conversation that the visitor found to be over.
 */
export type ConversationFor = (visitor: ProvenVisitor, body: Params) => Promise<string>;
