import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testConfig } from '../testing/config.js';
import { parrot } from '../testing/parrot.js';
import { createNodeHost, type NodeHost, type NodeHostOptions } from './node.js';

const running: NodeHost[] = [];
async function host(options: Partial<NodeHostOptions>): Promise<NodeHost> {
  const started = await createNodeHost({ config: testConfig(), bot: parrot(), log: false, ...options });
  running.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
});

describe('files', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'node-host-'));
    await mkdir(join(dir, 'widget'));
    await mkdir(join(dir, 'site'));
    await writeFile(join(dir, 'widget/chat-widget.js'), 'loader');
    await writeFile(join(dir, 'widget/app-Bx3k_9fQ.js'), 'app');
    await writeFile(join(dir, 'widget/.secret'), 'hidden');
    await writeFile(join(dir, 'site/index.html'), '<h1>Northwind</h1>');
    await writeFile(join(dir, 'site/chat-widget.js'), 'not the loader');
    await writeFile(join(dir, 'secret.txt'), 'outside');
    return () => rm(dir, { recursive: true });
  });
  const folders = (): Partial<NodeHostOptions> => ({
    widgetDir: join(dir, 'widget'),
    siteDir: join(dir, 'site'),
  });

  test('of the widget may be used by other sites, the entry asked for again each time, hashed ones kept', async () => {
    const { url } = await host(folders());
    const entry = await fetch(`${url}/chat-widget.js`);
    expect(await entry.text()).toBe('loader');
    expect(entry.headers.get('content-type')).toMatch(/^(text|application)\/javascript/);
    expect(entry.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(entry.headers.get('cache-control')).toBe('no-cache');
    const again = await fetch(`${url}/chat-widget.js`, {
      // Without its own cache-control, fetch would add one that asks for the whole file.
      headers: { 'if-none-match': entry.headers.get('etag')!, 'cache-control': 'max-age=0' },
    });
    expect(again.status).toBe(304);

    const hashed = await fetch(`${url}/app-Bx3k_9fQ.js`);
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(hashed.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  test('of the site are served at the root, with a policy where one is given', async () => {
    const { url } = await host(folders());
    const page = await fetch(`${url}/`);
    expect(await page.text()).toBe('<h1>Northwind</h1>');
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toBeNull();
    expect(page.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');

    const strict = await host({ ...folders(), siteCsp: "default-src 'self'" });
    const guarded = await fetch(`${strict.url}/`);
    expect(guarded.headers.get('content-security-policy')).toBe("default-src 'self'");
  });

  test('and every other answer of a service behind HTTPS ask for HTTPS from then on', async () => {
    const { url } = await host({
      ...folders(),
      config: testConfig({ publicBaseUrl: 'https://chat.shop.example' }),
    });
    for (const path of [
      '/',
      '/chat-widget.js',
      '/chat-widget',
      '/webhooks/message-added',
      '/healthz',
      '/nothing',
    ]) {
      const { headers } = await fetch(url + path);
      expect([path, headers.get('strict-transport-security')]).toEqual([
        path,
        'max-age=31536000; includeSubDomains',
      ]);
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
      expect([path, headers.get('referrer-policy')]).toEqual([path, 'no-referrer']);
    }
    const plain = await host(folders());
    expect((await fetch(plain.url)).headers.get('strict-transport-security')).toBeNull();
  });

  test('of both may be in one folder', async () => {
    const { url } = await host({ widgetDir: join(dir, 'site'), siteDir: join(dir, 'site/') });
    expect(await (await fetch(`${url}/`)).text()).toBe('<h1>Northwind</h1>');
  });

  test('outside the folders, and hidden ones, are not there', async () => {
    const { url } = await host(folders());
    // Asked without fetch, which would tidy up these paths before they leave.
    for (const path of [
      '/.secret',
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/%2e%2e%2fsecret.txt',
      '/..%5csecret.txt',
      '/x/../../secret.txt',
      '//secret.txt',
      `/${join(dir, 'secret.txt')}`,
      '/chat-widget.js%00.txt',
      '/widget/chat-widget.js',
    ]) {
      const asked = get(url, { path });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      const answer = await text(response);
      expect([path, response.statusCode, answer]).toEqual([
        path,
        expect.toSatisfy((status: number) => [400, 403, 404].includes(status)),
        expect.stringContaining('"error":{"code":'),
      ]);
    }
  });
});
