import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  '/snap/bin/chromium',
];

/** Chromium's own traffic is switched off, so that every request that is seen is the page's. */
export const quietFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The browser that the tests drive: `CHROMIUM_PATH` when set, else the usual names and places.
 * @returns {string | null}
 */
export function findChromium(env = process.env) {
  if (env.CHROMIUM_PATH) return existsSync(env.CHROMIUM_PATH) ? env.CHROMIUM_PATH : null;
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
 * @param {(command: string, args: string[]) => boolean} run
 * @param {(line: string) => void} say
 */
export function installChromium(run, say, env = process.env) {
  if (env.CHROMIUM_PATH) {
    say(
      `CHROMIUM_PATH says ${env.CHROMIUM_PATH}, and there is no file. Correct it, or unset it to search the usual places.`,
    );
    return false;
  }
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (mayInstall) {
    say("The browser tests need Chromium: installing Debian's package …");
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    if (findChromium(env)) return true;
  }
  say('\nThe browser tests need Chromium or Chrome, and none was found.');
  say('Install it (Debian, Ubuntu: sudo apt-get install chromium · macOS: brew install --cask chromium),');
  say('or set CHROMIUM_PATH to the program, and run npm test again.');
  return false;
}
