import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import twilio from 'twilio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addConversation } from '../conversations/add-conversation.js';
import { addMessage } from '../conversations/add-message.js';
import { addParticipant } from '../conversations/add-participant.js';
import type { EmulatorOptions } from '../options.js';
import type { StartedEmulator } from '../server.js';
import { ask, helperFor, startForTest } from '../testing/start.js';

const { AccessToken } = twilio.jwt;
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

interface Record {
  sid: string;
  size: number;
  content_type: string;
  filename: string | null;
  category: string;
  author: string;
  message_sid: string | null;
  channel_sid: string | null;
  url: string;
  links: { content: string; content_direct_temporary: string };
}

interface Answer {
  status: number;
  code?: number;
  message?: string;
  record: Record;
}

const ttl = 3600;

function tokenFor({ emulator }: StartedEmulator, identity: string): string {
  const { accountSid, apiKeySid, apiKeySecret, serviceSid } = emulator.credentials;
  const token = new AccessToken(accountSid, apiKeySid, apiKeySecret, { identity, ttl });
  token.addGrant(new AccessToken.ChatGrant({ serviceSid }));
  return token.toJwt();
}

async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as Record & { code?: number; message?: string };
  return { status: response.status, ...body, record: body };
}

/** An emulator on a file of its own, so that what lies on disk can be looked at. */
async function open(options: EmulatorOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'media-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'store.sqlite');
  let now = Date.now();
  const started = await startForTest({ data, ...options }, { clock: { now: () => now } });
  const { emulator } = started;
  const base = `${emulator.restUrl}/mcs/v1/Services/${emulator.credentials.serviceSid}`;
  const bytesFolder = `${data}.media`;
  const as = (identity: string, headers: { [name: string]: string } = {}) => ({
    'x-twilio-token': tokenFor(started, identity),
    ...headers,
  });
  return {
    started,
    emulator,
    data,
    base,
    as,
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
    onDisk: () => (existsSync(bytesFolder) ? readdirSync(bytesFolder) : []),
    bytesFolder,
    upload: async (
      body: Buffer | string | FormData,
      {
        identity = 'alice',
        type = 'text/plain',
        query = '',
      }: { identity?: string; type?: string; query?: string } = {},
    ) =>
      answerOf(
        await fetch(`${base}/Media${query}`, {
          method: 'POST',
          headers: as(identity, body instanceof FormData ? {} : { 'content-type': type }),
          body,
        }),
      ),
    get: async (sid: string, identity = 'alice') =>
      answerOf(await fetch(`${base}/Media/${sid}`, { headers: as(identity) })),
  };
}

const temporary = ({ record }: Answer): string => record.links.content_direct_temporary;

describe('uploads', () => {
  it('keep raw bytes, their type and their name, and give them back', async () => {
    const { upload, get, base, as, onDisk } = await open();
    const made = await upload(png, { type: 'image/png', query: '?Category=media&Filename=a%20b%2Fü.png' });
    expect(made).toMatchObject({
      status: 201,
      record: {
        size: png.length,
        content_type: 'image/png',
        filename: 'a b/ü.png',
        category: 'media',
        author: 'alice',
        message_sid: null,
      },
    });
    expect(onDisk()).toEqual([made.record.sid]);
    expect((await get(made.record.sid)).record).toMatchObject({ sid: made.record.sid, size: png.length });
    const content = await fetch(made.record.links.content, { headers: as('alice') });
    expect(Buffer.from(await content.arrayBuffer())).toEqual(png);
    expect(made.record.url).toBe(`${base}/Media/${made.record.sid}`);
  });

  it('take the first file of a form, whatever fields stand before it', async () => {
    const { upload, onDisk } = await open();
    const form = new FormData();
    form.append('note', 'a field');
    form.append('file', new File([png], 'weiß.png', { type: 'image/png' }));
    form.append('more', new File(['second'], 'second.txt', { type: 'text/plain' }));
    const made = await upload(form, { query: '?Category=body' });
    expect(made).toMatchObject({
      status: 201,
      record: { size: png.length, content_type: 'image/png', filename: 'weiß.png', category: 'body' },
    });
    expect(onDisk()).toHaveLength(1);
    expect(Buffer.from(await (await fetch(temporary(made))).arrayBuffer())).toEqual(png);
  });

  it('are taken from the account too, as the author system', async () => {
    const { started, emulator } = await open();
    const { serviceSid } = emulator.credentials;
    const made = await answerOf(
      await ask(started, `/mcs/v1/Services/${serviceSid}/Media`, { method: 'POST', body: 'of the account' }),
    );
    expect(made).toMatchObject({ status: 201, record: { author: 'system', size: 14 } });
    const response = await ask(started, `/mcs/v1/Services/${serviceSid}/Media/${made.record.sid}`);
    expect(response.status).toBe(200);
  });

  it('are refused by name when something about them is wrong, and leave nothing', async () => {
    const { upload, onDisk } = await open({ maxMediaBytes: 10 });
    const wrong = { status: 400, code: 20001 };
    expect(await upload('')).toMatchObject({ ...wrong, message: 'The uploaded file is empty' });
    expect(await upload('x', { query: '?Category=secret' })).toMatchObject(wrong);
    expect(await upload('x', { query: `?Filename=${'x'.repeat(257)}` })).toMatchObject(wrong);
    expect(await upload('x', { query: '?Filename=a%0d%0ab' })).toMatchObject(wrong);
    expect(await upload('x', { type: 'nonsense' })).toMatchObject(wrong);
    expect(await upload('x', { type: 'multipart/form-data' })).toMatchObject(wrong);
    const noFile = new FormData();
    noFile.append('note', 'only a field');
    expect(await upload(noFile)).toMatchObject({ ...wrong, message: expect.stringContaining('no file') });
    expect(await upload('eleven byte')).toMatchObject({ status: 413, code: 20001 });
    const tooLarge = new FormData();
    tooLarge.append('file', new File(['eleven byte'], 'x.txt'));
    expect(await upload(tooLarge)).toMatchObject({ status: 413, code: 20001 });
    expect((await upload('ten bytes.')).status).toBe(201);
    expect(onDisk()).toHaveLength(1);
  });

  it('are stopped at the limit while they stream, though they announce no length', async () => {
    const { base, as, onDisk } = await open({ maxMediaBytes: 100_000 });
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        `${base}/Media`,
        { method: 'POST', headers: as('alice', { 'content-type': 'text/plain' }) },
        (response) => {
          response.resume();
          resolve(response.statusCode);
          request.destroy();
        },
      );
      request.on('error', reject);
      // Never ended: the answer has to come before the end of the request.
      request.write(Buffer.alloc(100_001));
    });
    expect(status).toBe(413);
    await expect.poll(onDisk).toEqual([]);
  });

  it('that break off leave nothing, raw or in a form', async () => {
    const { emulator, base, as, onDisk } = await open();
    const { port, pathname } = new URL(`${base}/Media`);
    for (const type of ['text/plain', 'multipart/form-data; boundary=b']) {
      const part = type.startsWith('text')
        ? 'half'
        : '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nhalf';
      const token = as('alice')['x-twilio-token'];
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(
        `POST ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Twilio-Token: ${token}\r\n` +
          `Content-Type: ${type}\r\nContent-Length: 10000\r\n\r\n${part}`,
      );
      await expect.poll(onDisk).toHaveLength(1);
      expect(onDisk()[0]).toMatch(/\.part$/);
      socket.destroy();
      await expect.poll(onDisk).toEqual([]);
    }
    // A form that says it is complete and is not.
    const response = await fetch(`${base}/Media`, {
      method: 'POST',
      headers: as('alice', { 'content-type': 'multipart/form-data; boundary=b' }),
      body: '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nhalf',
    });
    expect(response.status).toBe(400);
    expect(onDisk()).toEqual([]);
    expect(emulator.restUrl).toBeTruthy();
  });

  it('answer every bad query, type and form with a refusal of its own, never a failure', async () => {
    const log: string[] = [];
    const { base, as, onDisk } = await open({ maxMediaBytes: 1_000, log: (line) => log.push(line) });
    const headers = as('alice');
    let kept = 0;
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const headerText = fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,40}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          category: fc.option(fc.oneof(fc.constantFrom('media', 'body'), text)),
          filename: fc.option(text),
        }),
        fc.oneof(
          fc.constant('text/plain'),
          headerText,
          headerText.map((rest) => `multipart/form-data; ${rest}`),
          fc.constant('multipart/form-data; boundary=b'),
        ),
        fc.oneof(
          fc.uint8Array({ maxLength: 1_100 }),
          fc
            .tuple(text, text, fc.uint8Array({ maxLength: 100 }))
            .map(([disposition, end, bytes]) =>
              Buffer.concat([
                Buffer.from(
                  `--b\r\nContent-Disposition: form-data; name="f"; filename="${disposition}"\r\n\r\n`,
                ),
                bytes,
                Buffer.from(`\r\n--b--${end}`),
              ]),
            ),
        ),
        async ({ category, filename }, type, body) => {
          const query = new URLSearchParams();
          if (category !== null) query.set('Category', category);
          if (filename !== null) query.set('Filename', filename);
          const response = await fetch(`${base}/Media?${query}`, {
            method: 'POST',
            headers: { ...headers, 'content-type': type },
            body: Buffer.from(body),
          });
          const answer = await answerOf(response);
          if (answer.status === 201) kept += 1;
          else expect([400, 413]).toContain(answer.status);
          expect(onDisk()).toHaveLength(kept);
        },
      ),
      { numRuns: 100 },
    );
    expect(kept).toBeGreaterThan(0);
    expect(log).toEqual([]);
  }, 30_000);

  it('survive a restart with their URL, which sweeps out what has no row', async () => {
    const { upload, emulator, data, bytesFolder, started, onDisk } = await open();
    const made = await upload('kept');
    await emulator.close();
    writeFileSync(join(bytesFolder, 'ME00000000000000000000000000000000'), 'no row');
    writeFileSync(join(bytesFolder, 'ME00000000000000000000000000000001.part'), 'half');
    const again = await startForTest({ data });
    expect(onDisk()).toEqual([made.record.sid]);
    expect(readFileSync(join(bytesFolder, made.record.sid), 'utf8')).toBe('kept');
    const url = temporary(made).replace(started.emulator.restUrl, again.emulator.restUrl);
    expect(await (await fetch(url)).text()).toBe('kept');
  });

  it('go, row and bytes, with their message and with their conversation, once that is kept', async () => {
    const { started, upload, onDisk } = await open();
    const { conversations } = helperFor(started).conversations.v1;
    const made = await Promise.all(['free', 'first', 'second', 'third'].map((text) => upload(text)));
    const [free, first, second, third] = made.map(({ record }) => record.sid);
    const { sid } = await conversations.create();
    const { messages } = conversations(sid);
    const message = await messages.create({ mediaSid: [first!, second!] } as unknown as { mediaSid: string });
    await messages.create({ mediaSid: third! });
    await messages(message.sid).remove();
    expect(onDisk().sort()).toEqual([free, third].sort());
    await conversations(sid).remove();
    expect(onDisk()).toEqual([free]);
    expect(made.map(({ record }) => started.domain.store.media.has(record.sid))).toEqual([
      ...[true, false, false, false],
    ]);
    expect((await fetch(temporary(made[1]!))).status).toBe(404);
  });

  it('leave alone what lies in their folder and is not theirs', async () => {
    const { upload, emulator, data, bytesFolder, onDisk } = await open();
    await upload('kept');
    writeFileSync(join(bytesFolder, 'holiday.jpg'), 'of somebody else');
    writeFileSync(join(bytesFolder, 'draft.part'), 'of somebody else');
    mkdirSync(join(bytesFolder, 'ME-notes'));
    emulator.reset();
    expect(onDisk().sort()).toEqual(['ME-notes', 'draft.part', 'holiday.jpg']);
    await emulator.close();
    await startForTest({ data });
    expect(onDisk().sort()).toEqual(['ME-notes', 'draft.part', 'holiday.jpg']);
  });

  it('that stand still, and content that nobody reads on, do not keep the emulator open', async () => {
    const { upload, emulator, base, as, onDisk } = await open();
    const large = await upload(Buffer.alloc(20_000_000));
    const { port, pathname } = new URL(`${base}/Media`);
    const token = as('alice')['x-twilio-token'];
    const head = `POST ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Twilio-Token: ${token}\r\nContent-Length: 10000\r\n`;
    const stalled = [
      `${head}Content-Type: text/plain\r\n\r\nhalf`,
      `${head}Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nhalf`,
    ];
    for (const text of stalled) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      socket.write(text);
    }
    await expect.poll(onDisk).toHaveLength(3);
    const url = new URL(temporary(large));
    const reader = connect(Number(port), '127.0.0.1');
    reader.on('error', () => {});
    onTestFinished(() => void reader.destroy());
    reader.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await new Promise((resolve) => reader.once('readable', resolve));
    await emulator.close();
    expect(onDisk()).toEqual([large.record.sid]);
  });

  it('go with a reset, and with the end of a store in memory', async () => {
    const { upload, get, emulator, onDisk } = await open();
    const made = await upload('gone soon');
    emulator.reset();
    expect(onDisk()).toEqual([]);
    expect(await get(made.record.sid)).toMatchObject({ status: 404, code: 20404 });
    expect((await fetch(temporary(made))).status).toBe(404);

    const before = new Set(readdirSync(tmpdir()));
    const memory = await open({ data: ':memory:' });
    await memory.upload('in memory');
    const made2 = readdirSync(tmpdir()).filter(
      (name) => /^conversations-emulator-media-/.test(name) && !before.has(name),
    );
    expect(made2.length).toBeGreaterThan(0);
    await memory.emulator.close();
    // Other tests make theirs at the same time; at least one of these was ours.
    expect(made2.some((name) => !existsSync(join(tmpdir(), name)))).toBe(true);
  });
});

describe('temporary URLs', () => {
  it('work without a token until they expire', async () => {
    const { upload, get, advance } = await open({ mediaUrlSeconds: 60 });
    const made = await upload('for a minute');
    advance(58_000);
    const response = await fetch(temporary(made));
    expect([response.status, await response.text()]).toEqual([200, 'for a minute']);
    advance(3_000);
    const late = await answerOf(await fetch(temporary(made)));
    expect(late).toMatchObject({ status: 403, code: 20403, message: expect.stringContaining('expired') });
    expect((await fetch(temporary(await get(made.record.sid)))).status).toBe(200);
  });

  it('last five minutes unless told otherwise', async () => {
    const { upload, advance } = await open();
    const made = await upload('x');
    advance(299_000 - 1_000);
    expect((await fetch(temporary(made))).status).toBe(200);
    advance(2_000);
    expect((await fetch(temporary(made))).status).toBe(403);
  });

  it('open nothing else, however they are bent', async () => {
    const { upload } = await open();
    const [mine, other] = [await upload('mine'), await upload('other')];
    const url = new URL(temporary(mine));
    const bent = (change: (url: URL) => void) => {
      const copy = new URL(url);
      change(copy);
      return copy;
    };
    const forgeries = [
      bent((copy) => copy.searchParams.set('Expires', String(Number(url.searchParams.get('Expires')) + 1))),
      bent((copy) => copy.searchParams.set('Expires', 'NaN')),
      bent((copy) => copy.searchParams.delete('Signature')),
      bent((copy) => copy.searchParams.set('Signature', 'x')),
      bent((copy) => {
        copy.search = '';
      }),
      bent((copy) => {
        copy.pathname = copy.pathname.replace(mine.record.sid, other.record.sid);
      }),
      bent((copy) => {
        copy.pathname = copy.pathname.replace(mine.record.sid, `..%2f..%2fstore.sqlite`);
      }),
    ];
    for (const forged of forgeries) expect((await fetch(forged)).status, String(forged)).toBe(403);
  });
});

describe('content', () => {
  it('is shown by browsers only when it cannot hold a script', async () => {
    const { upload } = await open();
    const dispositions: { [type: string]: string } = {
      'image/png': 'inline',
      'IMAGE/PNG; q="x"': 'inline',
      'video/mp4': 'inline',
      'image/svg+xml': 'attachment',
      'text/html': 'attachment',
      'application/xhtml+xml': 'attachment',
      'text/xml': 'attachment',
      'application/pdf': 'attachment',
      'text/plain': 'attachment',
    };
    for (const [type, disposition] of Object.entries(dispositions)) {
      const { headers } = await fetch(
        temporary(await upload('<script>alert(1)</script>', { type, query: '?Filename=%E2%82%AC"x.png' })),
      );
      expect(headers.get('content-disposition'), type).toBe(
        `${disposition}; filename="?\\"x.png"; filename*=UTF-8''%E2%82%AC%22x.png`,
      );
      expect(headers.get('content-type')).toBe(type);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      expect(headers.get('cache-control')).toBe('private, no-cache');
    }
  });

  it('comes in ranges', async () => {
    const { upload } = await open();
    const url = temporary(await upload('0123456789'));
    const range = async (header: string) => {
      const response = await fetch(url, { headers: { range: header } });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await range('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await range('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=0-99')).toEqual([206, 'bytes 0-9/10', '0123456789']);
    expect(await range('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await range('bytes=4-2')).toEqual([200, null, '0123456789']);
    expect(await range('bytes=0-1,3-4')).toEqual([200, null, '0123456789']);
    expect(await range('lines=1')).toEqual([200, null, '0123456789']);
    const known = await fetch(url, { headers: { 'if-none-match': (await fetch(url)).headers.get('etag')! } });
    expect([known.status, await known.text()]).toEqual([304, '']);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
  });
});

describe('who asks', () => {
  it('needs a token that a socket would be let in with', async () => {
    const { started, emulator, base } = await open();
    const ask = async (token?: string) =>
      answerOf(
        await fetch(`${base}/Media/ME0`, token === undefined ? {} : { headers: { 'x-twilio-token': token } }),
      );
    expect(await ask()).toMatchObject({ status: 401, code: 20101 });
    expect(await ask('garbage')).toMatchObject({ status: 401, code: 20101 });
    const good = tokenFor(started, 'alice');
    expect(await ask(`${good.slice(0, -4)}AAAA`)).toMatchObject({ status: 401, code: 20107 });
    expect(await ask(good)).toMatchObject({ status: 404 });
    emulator.faults.expireToken('alice', 'drop');
    expect(await ask(good)).toMatchObject({ status: 401, code: 20104 });
  });

  it('sees uploads of its own, and nobody else’s, until a message carries them', async () => {
    const { started, upload, get, base, as, emulator } = await open();
    const helper = helperFor(started).conversations.v1;
    const made = await upload('private');
    expect((await get(made.record.sid)).status).toBe(200);
    expect(await get(made.record.sid, 'bob')).toMatchObject({ status: 403, code: 20403 });

    const { sid } = await helper.conversations.create();
    for (const identity of ['bob', 'carol'])
      await helper.conversations(sid).participants.create({ identity });
    await helper.conversations(sid).messages.create({ mediaSid: made.record.sid });
    expect((await get(made.record.sid, 'bob')).record).toMatchObject({ channel_sid: sid });
    // Alice uploaded it, and is not in the conversation.
    expect(await get(made.record.sid, 'alice')).toMatchObject({ status: 403, code: 50430 });
    expect(await get(made.record.sid, 'stranger')).toMatchObject({ status: 403, code: 50430 });
    await helper.conversations(sid).participants('carol').remove();
    expect(await get(made.record.sid, 'carol')).toMatchObject({ status: 403, code: 50430 });

    const set = await fetch(`${base}/MediaSet`, {
      method: 'POST',
      headers: as('carol'),
      body: JSON.stringify({
        command: 'get',
        list: [{ media_sid: made.record.sid }, { media_sid: 'ME0' }],
      }),
    });
    expect(set.status).toBe(200);
    expect(await set.json()).toMatchObject([
      { code: 403, media_record: { sid: made.record.sid } },
      { code: 404, media_record: { sid: 'ME0' } },
    ]);
    expect(emulator.restUrl).toBeTruthy();
  });

  it('attaches what it uploaded itself, once, and within the limits of a message', async () => {
    const { started, upload } = await open({ maxMediaBytes: 20 });
    const { domain } = started;
    const by = { source: 'SDK', identity: 'alice' } as const;
    const { sid } = addConversation(domain, { by });
    addParticipant(domain, { by, conversationSid: sid, identity: 'alice' });
    const send = (...mediaSids: string[]) => addMessage(domain, { by, conversationSid: sid, mediaSids });
    const uploads = await Promise.all(Array.from({ length: 11 }, async () => (await upload('x')).record.sid));
    const own = uploads[0]!;
    const foreign = (await upload('x', { identity: 'bob' })).record.sid;

    expect(() => send(...uploads)).toThrow('at most 10 media');
    expect(() => send(own, own)).toThrow('twice');
    expect(() => send('ME0')).toThrow('you uploaded no ME0');
    expect(() => send(foreign)).toThrow(`you uploaded no ${foreign}`);
    const heavy = await Promise.all([upload('x'.repeat(11)), upload('x'.repeat(10))]);
    expect(() => send(...heavy.map(({ record }) => record.sid))).toThrow('at most 20 bytes, not 21');
    expect(domain.store.messages.count(sid)).toBe(0);

    expect(send(own).medias).toMatchObject([{ sid: own, size: 1 }]);
    expect(() => send(own)).toThrow('in another message already');
  });

  it('attaches nothing without the permission sendMediaMessage', async () => {
    const { started, upload } = await open();
    const { domain } = started;
    const by = { source: 'SDK', identity: 'alice' } as const;
    const { sid } = addConversation(domain, { by });
    const { roleSid } = addParticipant(domain, { by, conversationSid: sid, identity: 'alice' });
    const role = domain.store.roles.bySid(roleSid)!;
    domain.store.roles.update({ ...role, permissions: ['sendMessage'] });
    const mediaSids = [(await upload('x')).record.sid];
    expect(() => addMessage(domain, { by, conversationSid: sid, mediaSids })).toThrow('sendMediaMessage');
    expect(addMessage(domain, { by, conversationSid: sid, body: 'text' }).index).toBe(0);
  });

  it('gets a clear answer to a set it cannot ask for', async () => {
    const { base, as } = await open();
    const ask = async (body: string) =>
      answerOf(await fetch(`${base}/MediaSet`, { method: 'POST', headers: as('alice'), body }));
    for (const body of [
      '',
      'null',
      '[]',
      '{}',
      '{"command":"drop","list":[]}',
      '{"command":"get"}',
      '{"command":"get","list":[1]}',
    ]) {
      expect(await ask(body), body).toMatchObject({ status: 400, code: 20001 });
    }
    expect(await ask(`"${'x'.repeat(1024 * 1024)}"`)).toMatchObject({ status: 413 });
  });

  it('finds one service, and what is there by name', async () => {
    const { emulator, base, as } = await open();
    const ask = async (method: string, url: string) =>
      answerOf(await fetch(url, { method, headers: as('alice') }));
    expect(await ask('GET', `${emulator.restUrl}/mcs/v1/Services/IS0/Media/ME0`)).toMatchObject({
      status: 404,
      code: 20404,
    });
    expect(await ask('DELETE', `${base}/Media/ME0`)).toMatchObject({ status: 405, code: 20004 });
    expect(await ask('GET', `${emulator.restUrl}/mcs/elsewhere`)).toMatchObject({ status: 501, code: 20501 });
  });

  it('is, from a page, one of an allowed origin', async () => {
    const { base, upload } = await open({ allowedOrigins: ['https://shop.example'] });
    const preflight = (origin: string) =>
      fetch(`${base}/Media`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-twilio-token',
        },
      });
    const allowed = await preflight('https://shop.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/X-Twilio-Token, Content-Type/);
    expect(allowed.headers.get('access-control-allow-methods')).toMatch(/POST/);
    expect(Number(allowed.headers.get('access-control-max-age'))).toBeGreaterThan(3_600);
    const refused = await preflight('https://evil.example');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    const url = temporary(await upload('x'));
    const content = await fetch(url, { headers: { origin: 'https://shop.example' } });
    expect(content.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const plain = await fetch(`${base}/Media/ME0`, { headers: { origin: 'https://shop.example' } });
    // A page must be able to read why it was refused.
    expect([plain.status, plain.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://shop.example',
    ]);
  });

  it('is refused everything on a page of a foreign origin, and its bytes are for other sites’ tags by temporary URL only', async () => {
    const { started, upload, base, as, onDisk } = await open();
    const made = await upload('private');
    const foreign = { origin: 'https://evil.example' };
    const form = new FormData();
    form.append('file', new File(['planted'], 'x.txt'));
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'file://']) {
      for (const [method, path, body] of [
        ['POST', 'Media', 'planted'],
        ['POST', 'Media', form],
        ['POST', 'MediaSet', JSON.stringify({ command: 'get', list: [{ media_sid: made.record.sid }] })],
        ['GET', `Media/${made.record.sid}`],
        ['GET', `Media/${made.record.sid}/Content`],
        ['OPTIONS', 'Media'],
      ] as const) {
        const response = await fetch(`${base}/${path}`, {
          ...{ method, headers: as('alice', { origin }) },
          ...(body !== undefined && { body }),
        });
        const allowed = response.headers.get('access-control-allow-origin');
        expect([origin, method, path, response.status, allowed]).toEqual([origin, method, path, 403, null]);
        expect(await response.text()).not.toMatch(/private|Signature/);
      }
    }
    const stolen = await fetch(temporary(made), { headers: foreign });
    expect([stolen.status, stolen.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect(onDisk()).toEqual([made.record.sid]);

    // A tag sends no Origin, and may send credentials that the browser has kept for this address.
    const policy = async (url: string, headers: { [name: string]: string } = {}) =>
      (await fetch(url, { headers })).headers.get('cross-origin-resource-policy');
    const { accountSid, authToken } = started.emulator.credentials;
    const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    expect(await policy(made.record.links.content, { authorization })).toBe('same-origin');
    expect(await policy(made.record.url, { authorization })).toBe('same-origin');
    expect(await policy(temporary(made))).toBe('cross-origin');
  });

  it('meets faults on requests like anybody, and a page may read of them', async () => {
    const { emulator, upload, get, base, as, onDisk } = await open();
    const made = await upload('first');
    emulator.faults.answer({ status: 429, method: 'POST', path: '*/Media', nth: 2, backoffMs: 1_500 });
    emulator.faults.answer({ status: 503, path: '/mcs/content/', code: 30_000 });
    emulator.faults.answer({ status: 500, identity: 'bob' });
    expect((await upload('second')).status).toBe(201);
    const refused = await fetch(`${base}/Media`, {
      ...{ method: 'POST', body: 'third' },
      headers: as('alice', { origin: 'http://localhost:3000', 'content-type': 'text/plain' }),
    });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(refused.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(await refused.json()).toMatchObject({ status: 429, code: 20_429 });
    expect(onDisk()).toHaveLength(2);
    expect((await upload('third')).status).toBe(201);
    expect(await answerOf(await fetch(temporary(made)))).toMatchObject({ status: 503, code: 30_000 });
    expect(await (await fetch(temporary(made))).text()).toBe('first');
    expect((await get(made.record.sid)).status).toBe(200);
    expect((await get(made.record.sid, 'bob')).status).toBe(500);
    expect((await get(made.record.sid, 'bob')).status).toBe(403);

    emulator.faults.answer({ status: 429, method: 'POST', path: '/Media', times: 3 });
    emulator.faults.reset();
    expect((await upload('after the reset')).status).toBe(201);
  });

  it('is in the log, its query is not', async () => {
    const { started, upload } = await open();
    const made = await upload('x', { query: '?Filename=secret.txt' });
    await (await fetch(temporary(made))).text();
    const log = await (await ask(started, '/_emulator/log')).text();
    expect(log).toMatch(/"method":"POST","path":"\/mcs\/v1\/Services\/IS\w+\/Media","status":201/);
    expect(log).toMatch(/"path":"\/mcs\/content\/ME\w+","status":200,"size":1}/);
    expect(log).not.toMatch(/secret|Signature|Expires/);
  });

  it('is in the log without a status when it hung up before there was one', async () => {
    const { started, base, as, onDisk } = await open();
    const { port, pathname } = new URL(`${base}/Media`);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Twilio-Token: ${as('alice')['x-twilio-token']}\r\n` +
        'Content-Type: text/plain\r\nContent-Length: 10000\r\n\r\nhalf',
    );
    await expect.poll(onDisk).toHaveLength(1);
    socket.destroy();
    await expect.poll(onDisk).toEqual([]);
    const uploads = async () =>
      (await (await ask(started, '/_emulator/log')).text())
        .split('\n')
        .filter((line) => line.includes('"POST"'))
        .map((line) => (JSON.parse(line) as { status?: number }).status);
    await expect.poll(uploads).toEqual([undefined]);
  });
});
