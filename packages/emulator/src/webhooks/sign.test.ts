import fc from 'fast-check';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import { signRequest } from './sign.js';

const authToken = 'local-auth-token-0001';

describe('signRequest', () => {
  it('agrees with the measured signature of a form POST', () => {
    const fields = {
      AccountSid: `AC${'1'.repeat(32)}`,
      EventType: 'onMessageAdded',
      Source: 'SDK',
      ClientIdentity: 'visitor-42',
      RetryCount: '0',
      ChatServiceSid: `IS${'2'.repeat(32)}`,
      ConversationSid: `CH${'3'.repeat(32)}`,
      MessageSid: `IM${'4'.repeat(32)}`,
      MessagingServiceSid: `MG${'6'.repeat(32)}`,
      Index: '0',
      DateCreated: '2026-11-22T10:00:00.123Z',
      Body: 'Hi & bye',
      Author: 'visitor-42',
      ParticipantSid: `MB${'5'.repeat(32)}`,
      Attributes: '{}',
    };
    const signature = signRequest(authToken, 'http://127.0.0.1:4000/webhooks/conversations', fields);
    expect(signature).toBe('ntxWrRvuVg63L0hNmxnKoqUi+LE=');
  });

  it('signs a GET by its URL alone, as the official validator expects', () => {
    const url = 'http://127.0.0.1:4000/webhooks/conversations?EventType=onMessageAdded&Body=yes';
    expect(twilio.validateRequest(authToken, signRequest(authToken, url), url, {})).toBe(true);
  });

  it('leaves the fragment out', () => {
    expect(signRequest(authToken, 'http://127.0.0.1:4000/hook#rc=3')).toBe(
      signRequest(authToken, 'http://127.0.0.1:4000/hook'),
    );
  });

  it('is accepted by the official validator for any fields', () => {
    const url = 'http://127.0.0.1:4000/hook?a=1';
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (fields) => {
          expect(twilio.validateRequest(authToken, signRequest(authToken, url, fields), url, fields)).toBe(
            true,
          );
        },
      ),
    );
  });
});
