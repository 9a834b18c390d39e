import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMediaAddress } from './media-address.js';

const EMULATOR = 'ws://127.0.0.1:4010/v3/wsconnect';

test.each([
  ['https://media.us1.twilio.com/ME1?Expires=1&Signature=x', undefined],
  ['https://mcs.ie1.twilio.com/v1/Services/IS1/Media/ME1', undefined],
  ['https://media.us1.twilio.com/ME1', EMULATOR],
  ['http://127.0.0.1:4010/mcs/content/ME1?Expires=1', EMULATOR],
  ['http://127.0.0.1:9999/mcs/content/ME1', EMULATOR],
  ['https://chat.example/mcs/ME1', 'wss://chat.example/socket'],
])('X11: %s is an address of the media service (socket: %s)', (address, realtimeUrl) => {
  expect(isMediaAddress(address, realtimeUrl)).toBe(true);
});

test.each([
  ['http://media.us1.twilio.com/ME1', undefined],
  ['https://media.us1.twilio.com:8443/ME1', undefined],
  ['https://media.us1.twilio.com.evil.example/ME1', undefined],
  ['https://eviltwilio.com/ME1', undefined],
  ['https://media.us1.twilio.com@evil.example/ME1', undefined],
  ['https://user:word@media.us1.twilio.com/ME1', undefined],
  ['javascript:alert(1)//media.us1.twilio.com', undefined],
  ['data:image/png;base64,AA==', undefined],
  ['blob:https://media.us1.twilio.com/1', undefined],
  ['http://127.0.0.1:4010/mcs/content/ME1', undefined],
  ['http://192.168.0.1/ME1', EMULATOR],
  ['http://chat.example/mcs/ME1', 'wss://chat.example/socket'],
  ['//media.us1.twilio.com/ME1', undefined],
  ['', undefined],
])('X11: %s is not (socket: %s)', (address, realtimeUrl) => {
  expect(isMediaAddress(address, realtimeUrl)).toBe(false);
});

test('X11: any text gets an answer', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => void isMediaAddress(one, other)));
});
