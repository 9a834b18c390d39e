import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/**
 * Asks a Redis whether it is there and lets us in. Its client would try again and again, for a server; here the first
 * answer counts.
 *
 * @throws Error with a reason that holds no password.
 */
export async function pingRedis(url: URL, patienceMs: number): Promise<void> {
  const [host, port] = [url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || 6379)];
  const secure = url.protocol === 'rediss:';
  const socket = secure ? connectSecurely({ host, port, servername: host }) : connect({ host, port });
  const limit = AbortSignal.timeout(patienceMs);
  try {
    await once(socket, secure ? 'secureConnect' : 'connect', { signal: limit });
    const ask = async (...words: string[]): Promise<string> => {
      socket.write(encode(words));
      const [answer] = (await once(socket, 'data', { signal: limit })) as [Buffer];
      return answer.toString('latin1').trim();
    };
    if (url.password !== '') {
      const name = url.username === '' ? [] : [decodeURIComponent(url.username)];
      const answer = await ask('AUTH', ...name, decodeURIComponent(url.password));
      if (answer !== '+OK') throw new Error('it refuses the password');
    }
    const answer = await ask('PING');
    if (answer.startsWith('-NOAUTH')) throw new Error('it wants a password');
    if (answer !== '+PONG') throw new Error('what answers is no Redis');
  } catch (error) {
    throw limit.aborted ? new Error(`nothing came within ${patienceMs / 1000} seconds`) : error;
  } finally {
    socket.destroy();
  }
}

const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
