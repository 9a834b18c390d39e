import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program that tests need and npm does not bring.
 * @typedef {object} Program
 * @property {string} variable the environment variable that names it
 * @property {readonly string[]} names what it is called on the PATH
 * @property {readonly string[]} places where else it may be
 * @property {string} debianPackage
 * @property {string} need a sentence's start: "The browser tests need Chromium"
 * @property {readonly string[]} advice what to do when none is found
 */

/**
 * The program's file: what its variable says when that is set, else the usual names and places.
 * @param {Program} program
 * @param {Record<string, string | undefined>} env
 * @returns {string | null}
 */
export function findProgram({ variable, names, places }, env = process.env) {
  const named = env[variable];
  if (named) return existsSync(named) ? named : null;
  const folders = (env.PATH ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin');
  for (const folder of folders) {
    for (const name of names) {
      const file = join(folder, name);
      if (folder && existsSync(file)) return file;
    }
  }
  return places.find((place) => existsSync(place)) ?? null;
}

/**
 * Installs Debian's package where that is allowed; otherwise says what to do.
 * @param {Program} program
 * @param {(command: string, args: string[]) => boolean} run
 * @param {(line: string) => void} say
 * @param {Record<string, string | undefined>} env
 */
export function installProgram(program, run, say, env = process.env) {
  const { variable, debianPackage, need, advice } = program;
  if (env[variable]) {
    say(
      `${variable} says ${env[variable]}, and there is no file. Correct it, or unset it to search the usual places.`,
    );
    return false;
  }
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (mayInstall) {
    say(`${need}: installing Debian's package …`);
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', debianPackage]);
    if (findProgram(program, env)) return true;
  }
  say(`\n${need}, and none was found.`);
  for (const line of advice) say(line);
  return false;
}
