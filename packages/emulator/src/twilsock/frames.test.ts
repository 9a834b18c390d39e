import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClientMessage } from './client-messages.js';
import { decodeFrame, encodeFrame } from './frames.js';

const wellFormed = fc.string({ unit: 'grapheme' });

describe('Twilsock frames', () => {
  it('come back as they were written', () => {
    const headers = fc.dictionary(wellFormed, fc.jsonValue({ stringUnit: 'grapheme' }));
    fc.assert(
      fc.property(headers, wellFormed, (header, payload) => {
        const decoded = decodeFrame(encodeFrame(header, payload));
        const size = Buffer.byteLength(payload);
        // Through JSON, as it has no -0.
        const expected = JSON.parse(JSON.stringify({ ...header, payload_size: size }));
        expect(decoded).toEqual({ ok: true, frame: { header: expected, payload } });
      }),
    );
  });

  it('count bytes, not characters', () => {
    const frame = encodeFrame({ id: 'ü👋' }, '👋ü').toString('utf8');
    expect(frame).toBe('TWILSOCK V3.0 32\r\n{"id":"ü👋","payload_size":6}\r\n👋ü');
  });

  it('ignore what follows the payload, as the real service appends a line end', () => {
    const framed = Buffer.concat([encodeFrame({ id: '1' }, 'body'), Buffer.from('\r\n')]);
    expect(decodeFrame(framed)).toMatchObject({ ok: true, frame: { payload: 'body' } });
  });

  it('are refused, never thrown at, when they are cut or changed anywhere', () => {
    const frame = encodeFrame(
      { id: 'TM1', method: 'message', http_request: { path: '/ü' } },
      '{"body":"👋"}',
    );
    fc.assert(
      fc.property(fc.nat(frame.length - 1), (length) => {
        expect(decodeFrame(frame.subarray(0, length)).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.nat(255), (position, byte) => {
        const changed = Buffer.from(frame);
        changed[position] = byte;
        expect(decodeFrame(changed).ok).toBeTypeOf('boolean');
      }),
    );
  });

  it('are refused, never thrown at, when they are anything at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeFrame(bytes).ok).toBe(false);
      }),
    );
  });

  it('become some client message whatever their header says', () => {
    const method = fc.constantFrom('init', 'update', 'message', 'close', 'reply', 'other');
    const header = fc.record(
      {
        method: fc.oneof(method, fc.jsonValue()),
        id: fc.oneof(fc.string(), fc.jsonValue()),
        token: fc.jsonValue(),
        registrations: fc.jsonValue(),
        http_request: fc.oneof(
          fc.jsonValue(),
          fc.record({
            method: fc.string(),
            path: fc.string(),
            params: fc.jsonValue(),
            headers: fc.jsonValue(),
          }),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(header, fc.string(), (given, payload) => {
        expect(readClientMessage({ header: given, payload }).method).toBeTypeOf('string');
      }),
    );
  });
});

describe('a tunnelled request', () => {
  const read = (http_request: unknown) =>
    readClientMessage({ header: { method: 'message', id: '1', http_request }, payload: '' });

  it('has its query decoded and of a repeated parameter takes the last', () => {
    expect(
      read({ method: 'get', path: '/a%20b?x=1', params: { 'From%21': '%C3%BC', list: ['1', '2'] } }),
    ).toEqual({
      method: 'message',
      id: '1',
      request: {
        method: 'GET',
        path: '/a%20b',
        params: expect.objectContaining({ 'From!': 'ü', list: '2' }),
        contentType: '',
        body: '',
      },
    });
  });

  it('cannot reach a prototype through its parameters', () => {
    const message = read(JSON.parse('{"method":"GET","path":"/","params":{"__proto__":"x"}}'));
    expect(message).toMatchObject({ method: 'message' });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
