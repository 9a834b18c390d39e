import { findProgram, installProgram } from './program.mjs';

/** @type {import('./program.mjs').Program} */
const chromium = {
  variable: 'CHROMIUM_PATH',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
  places: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    '/snap/bin/chromium',
  ],
  debianPackage: 'chromium',
  need: 'The browser tests need Chromium or Chrome',
  advice: [
    'Install it (Debian, Ubuntu: sudo apt-get install chromium · macOS: brew install --cask chromium),',
    'or set CHROMIUM_PATH to the program, and run npm test again.',
  ],
};

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

/** The browser that the tests drive: `CHROMIUM_PATH` when set, else the usual names and places. */
export const findChromium = (env = process.env) => findProgram(chromium, env);

/**
 * Installs Debian's package where that is allowed; otherwise says what to do.
 * @param {(command: string, args: string[]) => boolean} run
 * @param {(line: string) => void} say
 */
export const installChromium = (run, say, env = process.env) => installProgram(chromium, run, say, env);
