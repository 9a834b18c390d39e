import twilio from 'twilio';
import type { Call, Params } from './call.js';
import { bodyParams, ServiceError } from './errors.js';

/**
 * The parameters of a webhook call, once its `X-Twilio-Signature` is known to be right for the address under which
 * Twilio knows this webhook. The host header plays no part: whoever calls us chooses it.
 */
export function signedParams(call: Call, authToken: string, webhookUrl: string): Params {
  if (call.method !== 'POST') {
    throw new ServiceError('method_not_allowed', 'Webhooks are delivered with POST.');
  }
  const params = bodyParams(call);
  const signature = call.headers['x-twilio-signature'] ?? '';
  // A query that Twilio was told comes with the call: taken from there, it is signed once and as it was sent.
  const signedUrl = webhookUrl.replace(/\?.*$/, '') + call.search;
  if (!twilio.validateRequest(authToken, signature, signedUrl, params)) {
    throw new ServiceError(
      'signature_invalid',
      'X-Twilio-Signature does not fit. Check AUTH_TOKEN (the primary one) and PUBLIC_BASE_URL.',
    );
  }
  return params;
}
