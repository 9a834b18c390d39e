import type { Conversation, Message } from '@twilio/conversations';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRawClient } from '../conformance/raw-client.js';
import { next, type Service, shareConversation, startService } from '../conformance/service.js';
import { isObject } from '../json.js';
import { routes as restRoutes } from '../rest/routes.js';
import { decodeFrame, encodeFrame } from '../twilsock/frames.js';
import { everyRoute } from './every-route.js';

/** An emulator with two SDK clients that talk to each other, before and after whatever else it has to bear. */
async function besideAHealthyTalk() {
  const lines: string[] = [];
  const service = await startService({ log: (line) => lines.push(line) });
  const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
  const talk = await shareConversation(alice, bob);
  const states: string[] = [];
  for (const client of [alice, bob]) client.on('connectionStateChanged', (state) => states.push(state));
  return {
    service,
    sid: talk[0]!.sid,
    async isUnharmed(): Promise<void> {
      for (const [from, to] of [talk, [...talk].reverse()] as Conversation[][]) {
        const said = `still here ${Math.random()}`;
        const heard = next<Message>(
          'the answer',
          (hear) => to!.on('messageAdded', hear),
          ({ body }) => body === said,
        );
        await from!.sendMessage(said);
        await heard;
      }
      expect(states).toEqual([]);
      expect(
        lines.filter((line) => /\n\s+at |A frame failed| failed on |^(GET|POST|DELETE) .* failed/.test(line)),
      ).toEqual([]);
    },
  };
}

const clumsy = [
  ...[
    '',
    '.',
    '..',
    '%2e%2e',
    '%2F',
    '%00',
    '%',
    '%zz',
    '%ff',
    '%ed%a0%80',
    '\ud800',
    '\0',
    '💥',
    ' ',
    '?',
    '#',
    ':x',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'CH',
    'IM0',
    'null',
    'NaN',
    '-1',
    '1e999',
    '9007199254740993',
  ],
  ...['x'.repeat(5_000), '%41'.repeat(2_000)],
];
const levels = 10_000;
const deepList = `${'['.repeat(levels)}${']'.repeat(levels)}`;
const deepObject = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
/** Half a surrogate pair cannot travel in HTTP. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
const names = [
  ...['friendly_name', 'unique_name', 'attributes', 'identity', 'body', 'subject', 'last_read_message_index'],
  ...['notification_level', 'media_sids', 'content_sid', 'content_variables', 'messaging_binding', 'action'],
  ...['correlation_id', 'requests', 'object_sid', 'object_type', 'last_event_id', '__proto__', 'constructor'],
];
const word = fc.oneof(fc.constantFrom(...clumsy), fc.string({ unit: 'binary', maxLength: 40 }));
/** JSON text, also such as no `JSON.stringify` writes. */
const jsonText = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    deepList,
    deepObject,
    '1e999',
    '-0',
    '"\\ud800"',
    '{"__proto__":{"body":"x"}}',
    '{"a":1,"a":2}',
    '\ufeff{}',
  ),
  fc
    .dictionary(
      fc.constantFrom(...names),
      fc.oneof(
        fc.json(),
        word.map((text) => JSON.stringify(text)),
        fc.constantFrom('1e999', '-1', '0.5', 'null', 'true', deepList, '"establish"', '"cancel"'),
      ),
    )
    .map(
      (fields) => `{${Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`,
    ),
);

/** What became of a socket after bytes: how it was closed, or the status of its reply to the frame with that id. */
async function afterSending(
  service: Service,
  data: Buffer | string,
  { welcome, reply = 'after' }: { welcome: boolean; reply?: string },
): Promise<string> {
  const raw = await openRawClient(service);
  if (welcome) await raw.init('carol');
  const outcome = new Promise<string>((resolve) => {
    raw.socket.on('close', (code) => resolve(`closed ${code}`));
    raw.socket.on('message', (said) => {
      const decoded = decodeFrame(said as Buffer);
      if (!decoded.ok || decoded.frame.header.id !== reply) return;
      const { status } = decoded.frame.header;
      resolve(`answered ${isObject(status) && status.code}`);
    });
  });
  raw.socket.send(data);
  const http_request = { host: 'any', path: '/Client/v2/Configuration', method: 'GET', params: {} };
  if (reply === 'after') raw.socket.send(encodeFrame({ id: 'after', method: 'message', http_request }));
  const answer = await outcome;
  raw.socket.terminate();
  return answer;
}

describe('frames that no SDK would send', () => {
  const request = encodeFrame(
    {
      id: 'x',
      method: 'message',
      http_request: { host: 'any', path: '/Client/v2/Conversations', method: 'POST' },
    },
    '{"friendly_name":"ü"}',
  );
  const header = (text: string): Buffer =>
    Buffer.from(`TWILSOCK V3.0 ${Buffer.byteLength(text)}\r\n${text}\r\n`);
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(request.length).map((end) => request.subarray(0, end)),
    fc.tuple(fc.nat(request.length - 1), fc.nat(255)).map(([place, byte]) => {
      const bent = Buffer.from(request);
      bent[place] = byte;
      return bent;
    }),
    fc
      .tuple(fc.nat(request.length), fc.uint8Array({ maxLength: 20 }))
      .map(([place, bytes]) => Buffer.concat([request.subarray(0, place), bytes, request.subarray(place)])),
    fc
      .constantFrom('-1', '0', '999999999', '1e3', '2147483648', '٣')
      .map((size) => Buffer.from(request.toString('latin1').replace(/(?<=V3\.0 )\d+/, size), 'latin1')),
    fc
      .constantFrom('-1', '1e999', '0.5', '"3"', '[]', '{}', '9007199254740993')
      .map((size) => header(`{"id":"x","method":"message","payload_size":${size}}`)),
    jsonText.map(header),
    fc
      .tuple(
        fc.constantFrom('init', 'update', 'message', 'reply', 'telemetry.v1', 'put_notification_ctx', 'fly'),
        jsonText,
      )
      .chain(([method, json]) =>
        fc
          .constantFrom(
            'token',
            'http_request',
            'registrations',
            'continuation_token',
            'events',
            'capabilities',
            'id',
          )
          .map((field) => header(`{"id":"x","method":"${method}","token":"x","${field}":${json}}`)),
      ),
  );

  it('are answered, or cost their own socket and nothing else', async () => {
    const { service, isUnharmed } = await besideAHealthyTalk();
    const allowed = /^(answered (200|401)|closed (1000|1002|1003|1007|1009))$/;
    await fc.assert(
      fc.asyncProperty(broken, fc.boolean(), async (data, welcome) => {
        expect(await afterSending(service, data, { welcome })).toMatch(allowed);
      }),
      { numRuns: 400 },
    );
    await isUnharmed();
  });

  it('are closed by name as text, too large or with a header of 10,000 levels', async () => {
    const { service, isUnharmed } = await besideAHealthyTalk();
    expect(await afterSending(service, request.toString(), { welcome: true })).toBe('closed 1003');
    expect(await afterSending(service, Buffer.alloc(1024 * 1024 + 1), { welcome: true })).toBe('closed 1009');
    expect(await afterSending(service, header(deepList), { welcome: true })).toBe('closed 1002');
    for (const field of ['registrations', 'continuation_token', 'http_request', 'metadata']) {
      const text = `{"id":"x","method":"init","token":"x","${field}":${deepObject}}`;
      expect([field, await afterSending(service, header(text), { welcome: true })]).toEqual([
        field,
        'answered 200',
      ]);
    }
    await isUnharmed();
  });

  it('are refused for registrations that are none, however deep, before anybody is welcome', async () => {
    const { service, isUnharmed } = await besideAHealthyTalk();
    const token = await service.token('carol');
    const text = `{"id":"x","method":"init","token":"${token}","registrations":[{"type":"ers","product":${deepList},"message_types":${deepObject}}]}`;
    expect(await afterSending(service, header(text), { welcome: false, reply: 'x' })).toBe('answered 400');
    await isUnharmed();
  });
});

describe('tunnelled requests that no SDK would send', () => {
  it('are answered with a clear refusal or carried out, and never fail inside', async () => {
    const { service, sid, isUnharmed } = await besideAHealthyTalk();
    const raw = await openRawClient(service);
    await raw.init('alice');
    const route = fc.constantFrom(...everyRoute()).chain((one) => {
      const [method = '', pattern = ''] = one.split(' ');
      const parts = pattern
        .split('/')
        .map((part) =>
          part.startsWith(':')
            ? fc.oneof(fc.constant(sid), fc.constant('alice'), word)
            : fc.oneof({ weight: 20, arbitrary: fc.constant(part) }, word),
        );
      return fc.tuple(
        fc.oneof(
          { weight: 9, arbitrary: fc.constant(method) },
          fc.constantFrom('PUT', 'get', '', '__proto__', 'HEAD'),
        ),
        fc.tuple(...parts).map((path) => path.join('/')),
      );
    });
    const value = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.jsonValue());
    const params = fc.oneof(
      fc.dictionary(
        fc.oneof(
          fc.constantFrom('PageToken', 'PageSize', 'Order', 'From', 'Key', 'Index', 'Include', 'MessageSid'),
          word,
        ),
        value,
      ),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(
        route,
        params,
        fc.jsonValue(),
        jsonText,
        async ([method, path], asked, headers, body) => {
          // Deleting the room, or leaving it, is allowed and would end the talk.
          fc.pre(
            !(
              method === 'DELETE' &&
              path.includes(sid) &&
              /Conversations\/[^/]+(\/Participants\/alice)?$/.test(path)
            ),
          );
          const http_request = { host: 'any', method, path, params: asked, headers };
          const reply = await raw.ask({ method: 'message', http_request }, body);
          const { status } = reply.header;
          const code = isObject(status) ? status.code : undefined;
          expect([200, 400]).toContain(code);
          if (code === 400) return;
          expect(reply.httpStatus).toBeGreaterThanOrEqual(200);
          expect([method, path, asked, body, reply.httpStatus]).not.toEqual([method, path, asked, body, 500]);
          if (Number(reply.httpStatus) >= 400) {
            expect(reply.body).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
          }
        },
      ),
      { numRuns: 1_500 },
    );
    await isUnharmed();
  });

  it('may nest anything 10,000 levels deep in any field of any call', async () => {
    const { service, sid, isUnharmed } = await besideAHealthyTalk();
    const raw = await openRawClient(service);
    await raw.init('alice');
    const failures: unknown[] = [];
    for (const route of everyRoute().filter((one) => one.startsWith('POST'))) {
      const path = route.split(' ')[1]!.replace(':conversation', sid).replace(/:\w+/g, 'alice');
      const deep = [
        deepList,
        deepObject,
        JSON.stringify(deepList),
        `[${deepObject}]`,
        `{"registration_id":${deepList}}`,
      ];
      const bodies = names.flatMap((name) => deep.map((value) => `{"${name}":${value}}`));
      for (const body of [deepList, deepObject, ...bodies]) {
        const { httpStatus } = await raw.request('POST', path, body);
        if (httpStatus === 500 || httpStatus === undefined)
          failures.push([path, body.slice(0, 60), httpStatus]);
      }
    }
    expect(failures).toEqual([]);
    await isUnharmed();
  });
});

describe('HTTP requests that no client would send', () => {
  const clean = (text: string): string =>
    text.replace(/[^\x21-\x7e]/g, (one) => encodeURIComponent(wellFormed(one)));
  const formNames = fc.constantFrom(
    ...['FriendlyName', 'UniqueName', 'Attributes', 'Identity', 'Body', 'Author', 'State', 'Timers.Inactive'],
    ...[
      'Timers.Closed',
      'MessagingBinding.Address',
      'RoleSid',
      'LastReadMessageIndex',
      'Target',
      'Permission',
    ],
    ...[
      'Configuration.Url',
      'Configuration.Filters',
      'Type',
      'PageSize',
      'PageToken',
      'Order',
      'DateCreated',
      'Filters',
    ],
  );
  const pair = fc.tuple(
    fc.oneof(formNames, word),
    fc.oneof(word, fc.json(), fc.constantFrom(deepList, 'P99999999999D')),
  );
  const encoded = fc.oneof(
    fc
      .array(pair, { maxLength: 6 })
      .map((pairs) =>
        new URLSearchParams(
          pairs.map(([name, text]): [string, string] => [wellFormed(name), wellFormed(text)]),
        ).toString(),
      ),
    fc.constantFrom(
      '%',
      '&&&&',
      '=',
      '%zz=%ff',
      'a=1&a=2&a=3',
      `${'k'.repeat(100_000)}=1`,
      `Body=${'%'.repeat(1_000)}`,
      'Body=%ff%fe%00',
    ),
  );
  const types = fc.oneof(
    { weight: 6, arbitrary: fc.constant('application/x-www-form-urlencoded') },
    fc.constantFrom(
      'application/json',
      'multipart/form-data',
      'application/x-www-form-urlencoded; charset=utf-7',
      'text/plain',
      ';',
      '*',
    ),
  );

  it('are answered by REST with a clear refusal or carried out, and never fail inside', async () => {
    const { service, sid, isUnharmed } = await besideAHealthyTalk();
    const { accountSid, authToken, serviceSid } = service.credentials;
    const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    const route = fc.constantFrom(...restRoutes).chain(({ method, path }) => {
      const parts = path.split('/').map((part) => {
        if (part === ':service') return fc.oneof({ weight: 9, arbitrary: fc.constant(serviceSid) }, word);
        return part.startsWith(':')
          ? fc.oneof(fc.constant(sid), fc.constant('bob'), word)
          : fc.constant(part);
      });
      return fc.tuple(
        fc.constant(method),
        fc.tuple(...parts).map((segments) => segments.join('/')),
      );
    });
    await fc.assert(
      fc.asyncProperty(route, encoded, encoded, types, async ([method, path], query, form, type) => {
        // What ends the talk on purpose proves nothing.
        fc.pre(!(path.includes(sid) || path.includes('bob')) || method === 'GET');
        const response = await fetch(`${service.restUrl}${clean(path)}?${clean(query).slice(0, 8_000)}`, {
          method,
          headers: { authorization, 'content-type': type },
          ...(method === 'POST' && { body: form }),
        });
        const answer: unknown = await response.json().catch(() => null);
        expect([method, path, query, form, response.status]).not.toEqual([method, path, query, form, 500]);
        if (response.status >= 400)
          expect(answer).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
      }),
      { numRuns: 600 },
    );
    const large = await fetch(`${service.restUrl}/v1/Conversations`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: `FriendlyName=${'x'.repeat(1024 * 1024)}`,
    });
    expect(large.status).toBe(413);
    await isUnharmed();
  });

  it('are answered by the faults with a sentence, and never fail inside', async () => {
    const { service, isUnharmed } = await besideAHealthyTalk();
    const { accountSid, authToken } = service.credentials;
    const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    // None of these is an order: every one has a field that no fault takes, or no shape at all.
    const order = fc.oneof(
      jsonText,
      fc
        .tuple(
          fc.constantFrom(
            'drop',
            'refuse',
            'close',
            'latency',
            'answer',
            'disorder',
            'reset',
            'halfOpen',
            'seed',
          ),
          jsonText,
        )
        .map(([op, json]) => `{"op":"${op}","identity":"nobody","ms":${json},"nonsense":1}`),
    );
    await fc.assert(
      fc.asyncProperty(order, async (body) => {
        const response = await fetch(`${service.restUrl}/_emulator/faults`, {
          method: 'POST',
          headers: { authorization },
          body: wellFormed(body),
        });
        expect([body, response.status]).toEqual([body, 400]);
        expect(await response.json()).toMatchObject({ code: 20001, message: expect.any(String) });
      }),
      { numRuns: 200 },
    );
    await isUnharmed();
  });

  it('are answered by media with a clear refusal or taken, and never fail inside', async () => {
    const { service, isUnharmed } = await besideAHealthyTalk();
    const token = await service.token('alice');
    const base = `${service.restUrl}/mcs/v1/Services/${service.credentials.serviceSid}`;
    const boundary = '--x\r\n';
    const part = fc.oneof(
      fc.constant(
        `${boundary}Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--\r\n`,
      ),
      fc.constantFrom(
        '',
        boundary,
        '--x--',
        `${boundary}\r\n\r\n`,
        `${boundary}Content-Disposition: form-data\r\n\r\nx\r\n--x--`,
        '\0'.repeat(100),
      ),
      fc.string({ unit: 'binary' }),
      word.map(
        (name) =>
          `${boundary}Content-Disposition: form-data; name="f"; filename="${name}"\r\n\r\nx\r\n--x--\r\n`,
      ),
    );
    const type = fc.constantFrom(
      ...[
        'text/plain',
        'multipart/form-data',
        'multipart/form-data; boundary=x',
        'multipart/form-data; boundary=',
      ],
      ...[
        'multipart/form-data; boundary="',
        'image/svg+xml',
        'text/html',
        '',
        '/',
        ';',
        `${'x'.repeat(3_000)}/y`,
      ],
    );
    const where = fc.oneof(
      fc
        .tuple(word, word)
        .map(([category, filename]) => `Media?Category=${clean(category)}&Filename=${clean(filename)}`),
      fc.constantFrom(
        'Media',
        'Media?Category=media',
        'Media?Category=media&Category=body',
        'MediaSet',
        'MediaSet?x=%',
      ),
      word.map((sid) => `Media/${clean(sid)}`),
    );
    await fc.assert(
      fc.asyncProperty(where, type, fc.oneof(part, jsonText), async (path, contentType, body) => {
        const response = await fetch(`${base}/${path}`.slice(0, 8_000), {
          method: 'POST',
          headers: { 'x-twilio-token': token, 'content-type': contentType },
          body: wellFormed(body),
        });
        const answer: unknown = await response.json().catch(() => null);
        expect([path, contentType, body, response.status]).not.toEqual([path, contentType, body, 500]);
        if (response.status >= 400)
          expect(answer).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
      }),
      { numRuns: 300 },
    );
    await isUnharmed();
  });
});
