import { describe, expect, it } from 'vitest';
import { ask, helperFor, startForTest } from '../testing/start.js';

interface Envelope {
  messages: { body: string }[];
  participants: { identity: string }[];
  meta: Record<string, string | number | null>;
}

async function setUp(bodies: string[]) {
  const started = await startForTest();
  const client = helperFor(started);
  const { conversations } = client.conversations.v1;
  const { sid } = await conversations.create({});
  const conversation = conversations(sid);
  for (const body of bodies) await conversation.messages.create({ body });
  const { restUrl } = started.emulator;
  const page = async (url: string): Promise<Envelope> => {
    const response = await ask(started, url.replace(restUrl, ''));
    expect(response.status).toBe(200);
    return (await response.json()) as Envelope;
  };
  return { started, conversation, page, restUrl, path: `/v1/Conversations/${sid}` };
}

describe('a list', () => {
  it('says in its envelope where it is and where to go on', async () => {
    const { page, path, restUrl } = await setUp(['a', 'b', 'c']);
    const { messages, meta } = await page(`${path}/Messages?PageSize=2&Order=asc`);
    expect(messages.map(({ body }) => body)).toEqual(['a', 'b']);
    const at = (query: string) => `${restUrl}${path}/Messages?Order=asc&PageSize=2&${query}`;
    expect(meta).toEqual({
      page: 0,
      page_size: 2,
      first_page_url: at('Page=0'),
      previous_page_url: null,
      url: at('Page=0'),
      next_page_url: at('Page=1&PageToken=PA1'),
      key: 'messages',
    });
    const next = await page(String(meta.next_page_url));
    expect(next.messages.map(({ body }) => body)).toEqual(['c']);
    expect(next.meta).toMatchObject({
      page: 1,
      next_page_url: null,
      previous_page_url: at('Page=0&PageToken=PB2'),
    });
    const back = await page(String(next.meta.previous_page_url));
    expect(back.messages.map(({ body }) => body)).toEqual(['a', 'b']);
    expect(back.meta).toMatchObject({
      page: 0,
      previous_page_url: null,
      next_page_url: at('Page=1&PageToken=PA1'),
    });
  });

  it('leads back page by page, the way it led forth', async () => {
    const { page, path } = await setUp(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    const walk = async (url: string, way: 'next_page_url' | 'previous_page_url') => {
      const seen: string[][] = [];
      let last = url;
      for (let at: string | number | null = url; typeof at === 'string'; ) {
        const { messages, meta } = await page(at);
        seen.push(messages.map(({ body }) => body));
        last = at;
        at = meta[way] ?? null;
      }
      return { seen, last };
    };
    const forth = await walk(`${path}/Messages?PageSize=2`, 'next_page_url');
    expect(forth.seen).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g']]);
    const back = await walk(forth.last, 'previous_page_url');
    expect(back.seen).toEqual(forth.seen.toReversed());
  });

  it('is empty where there is nothing', async () => {
    const { page, path } = await setUp([]);
    const { messages, meta } = await page(`${path}/Messages`);
    expect(messages).toEqual([]);
    expect(meta).toMatchObject({ page_size: 50, previous_page_url: null, next_page_url: null });
  });

  it('shows every item once, whatever is added and removed between its pages', async () => {
    const { page, path, conversation } = await setUp([]);
    for (const identity of ['a', 'b', 'c', 'd', 'e']) await conversation.participants.create({ identity });
    const first = await page(`${path}/Participants?PageSize=2`);
    // An offset would now pass over "c"; the last one seen is gone too.
    await conversation.participants('a').remove();
    await conversation.participants('b').remove();
    await conversation.participants.create({ identity: 'f' });
    const second = await page(String(first.meta.next_page_url));
    const third = await page(String(second.meta.next_page_url));
    const seen = [first, second, third].map(({ participants }) =>
      participants.map(({ identity }) => identity),
    );
    expect(seen).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ]);
    expect(third.meta.next_page_url).toBe(null);
  });

  it('is followed downwards by the official helper while messages arrive', async () => {
    const bodies = Array.from({ length: 7 }, (_, n) => `m${n}`);
    const { conversation } = await setUp(bodies);
    const seen: string[] = [];
    const first = await conversation.messages.page({ order: 'desc', pageSize: 3 });
    for (let page: Pick<typeof first, 'instances' | 'nextPage'> | undefined = first; page; ) {
      seen.push(...page.instances.map(({ body }) => body));
      await conversation.messages.create({ body: 'later' });
      page = await page.nextPage();
    }
    expect(seen).toEqual(bodies.toReversed());
  });

  it('cuts too large a page to its maximum, as the helper asks for any', async () => {
    const { page, path, conversation } = await setUp(['a', 'b']);
    expect((await page(`${path}/Messages?PageSize=5000`)).meta.page_size).toBe(100);
    expect((await page(`${path}/Webhooks?PageSize=100`)).meta.page_size).toBe(5);
    expect(await conversation.messages.list({ limit: 5000 })).toHaveLength(2);
  });

  it('refuses paging that it did not give out, by name', async () => {
    const { started, path } = await setUp([]);
    for (const [query, name] of [
      ['PageSize=0', 'PageSize'],
      ['PageSize=many', 'PageSize'],
      ['Page=2', 'Page '],
      ['Page=1&PageToken=mine', 'PageToken'],
    ] as const) {
      const response = await ask(started, `${path}/Messages?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 20001, message: expect.stringContaining(name) });
    }
  });

  it('links by the name that the caller used', async () => {
    const { started, path } = await setUp(['a', 'b']);
    const { accountSid, authToken } = started.emulator.credentials;
    const port = new URL(started.emulator.restUrl).port;
    const url = `http://localhost:${port}${path}/Messages?PageSize=1`;
    const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    const { meta } = (await (await fetch(url, { headers: { authorization } })).json()) as Envelope;
    expect(meta.next_page_url).toContain(`http://localhost:${port}${path}/Messages?`);
  });
});
