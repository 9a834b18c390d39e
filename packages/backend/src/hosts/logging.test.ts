import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { loggerOptions } from './logging.js';

function logged(write: (log: ReturnType<typeof fastify>['log']) => void): string[] {
  const lines: string[] = [];
  write(fastify({ logger: loggerOptions({ stream: { write: (line) => void lines.push(line) } }) }).log);
  return lines;
}

test.each(['token', 'proof', 'secret', 'authorization', 'signature', 'identity'])(
  'a field %s that somebody logs is redacted, however deep it is, and what is beside it stays',
  (name) => {
    const [line = ''] = logged((log) =>
      log.info(
        { [name]: 'top', a: { [name]: { b: 'whole' }, c: [{ d: { [name]: 'deep' } }], e: 1 } },
        'hello',
      ),
    );
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toMatchObject({
      [name]: '[redacted]',
      a: { [name]: '[redacted]', c: [{ d: { [name]: '[redacted]' } }], e: 1 },
      level: 30,
      msg: 'hello',
    });
    for (const secret of ['top', 'whole', 'deep']) expect(line).not.toContain(secret);
  },
);

test('what belongs to a logger, and what a request adds to it, is redacted too', () => {
  const [line = ''] = logged((log) => log.child({ visitor: { identity: 'somebody' } }).info('hello'));
  expect(JSON.parse(line)).toMatchObject({ visitor: { identity: '[redacted]' }, msg: 'hello' });
});

test('text that only looks like such a field is left as it is', () => {
  const text = 'they wrote {"token":1} and "proof":';
  const [line = ''] = logged((log) => log.info({ text }, text));
  expect(JSON.parse(line)).toMatchObject({ text, msg: text });
});
