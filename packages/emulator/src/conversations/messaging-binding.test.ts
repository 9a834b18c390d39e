import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { channelOf, checkBinding } from './messaging-binding.js';

describe('the channel of an address', () => {
  it.each([
    ['+15005550006', 'sms'],
    ['89123', 'sms'],
    ['whatsapp:+15005550006', 'whatsapp'],
    ['WhatsApp:+15005550006', 'whatsapp'],
    ['messenger:1234567890', 'messenger'],
    ['rcs:brand_agent', 'rcs'],
    ['viber:abc', 'other'],
    ['ann@example.com', 'email'],
  ])('of %s is %s', (address, channel) => {
    expect(channelOf(address)).toBe(channel);
  });

  it.each(['', 'bob', '+0123', '+1 500', 'whatsapp:bob', 'messenger:', 'a@b@c', '@b', '+1234567890123456'])(
    'of %j is none',
    (address) => {
      expect(channelOf(address)).toBeUndefined();
    },
  );
});

describe('a messaging binding', () => {
  it('is whole, or refused with a reason, whatever was asked for', () => {
    const field = fc.oneof(
      fc.string(),
      fc.constantFrom('+15005550006', '+15005550001', 'a@b.c', 'd@b.c', 'whatsapp:+15005550006', 'to', 'cc'),
    );
    const input = fc.record(
      { address: field, proxyAddress: field, projectedAddress: field, name: field, level: field },
      { requiredKeys: [] },
    );
    let whole = 0;
    fc.assert(
      fc.property(input, (asked) => {
        try {
          const binding = checkBinding(asked);
          whole += 1;
          expect(channelOf(binding.address)).toBe(binding.type);
          expect(channelOf(binding.proxyAddress ?? '')).toBe(binding.type);
          expect(binding.level === null).toBe(binding.type !== 'email');
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expect(error.reason).toBe('binding_invalid');
          expect(error.message.length).toBeGreaterThan('Invalid messaging binding: '.length);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(whole).toBeGreaterThan(0);
  });
});
