import { findProgram, installProgram } from './program.mjs';

/** @type {import('./program.mjs').Program} */
const redis = {
  variable: 'REDIS_SERVER_PATH',
  names: ['redis-server'],
  places: ['/usr/sbin/redis-server', '/opt/homebrew/bin/redis-server', '/opt/redis/bin/redis-server'],
  debianPackage: 'redis-server',
  need: 'The tests of shared limits need a Redis server',
  advice: [
    'Install it (Debian, Ubuntu: sudo apt-get install redis-server · macOS: brew install redis),',
    'or set REDIS_SERVER_PATH to the program, and run npm test again.',
  ],
};

/**
 * The Redis server that tests start for themselves, on ports of their own: `REDIS_SERVER_PATH` when set, else the usual
 * names and places. One that runs already is neither used nor stopped.
 */
export const findRedis = (env = process.env) => findProgram(redis, env);

/**
 * Installs Debian's package where that is allowed; otherwise says what to do.
 * @param {(command: string, args: string[]) => boolean} run
 * @param {(line: string) => void} say
 */
export const installRedis = (run, say, env = process.env) => installProgram(redis, run, say, env);
