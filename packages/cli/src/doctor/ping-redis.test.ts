import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../testing/redis.js';
import { pingRedis } from './ping-redis.js';

describe('asking a Redis', () => {
  it('lets in who has the password, and says why others are not', async () => {
    const { port, stop } = await startRedis('--requirepass', 'open:sésame');
    const ask = (login: string) => pingRedis(new URL(`redis://${login}127.0.0.1:${port}`), 5_000);
    try {
      await ask(`:${encodeURIComponent('open:sésame')}@`);
      await ask(`default:${encodeURIComponent('open:sésame')}@`);
      await expect(ask('')).rejects.toThrow('it wants a password');
      await expect(ask(':wrong@')).rejects.toThrow('it refuses the password');
    } finally {
      await stop();
    }
    await expect(ask('')).rejects.toThrow('ECONNREFUSED');
  });

  it('tells what is no Redis, and what never answers', async () => {
    const answers = ['HTTP/1.1 400 Bad Request\r\n\r\n', ''];
    const server = createServer((socket) => {
      const answer = answers.shift() ?? '';
      socket.on('error', () => {});
      socket.once('data', () => void socket.write(answer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(pingRedis(url, 5_000)).rejects.toThrow('what answers is no Redis');
    await expect(pingRedis(url, 50)).rejects.toThrow('nothing came within 0.05 seconds');
    server.close();
  });
});
