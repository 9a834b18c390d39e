/**
 * Leaves out of the bundle what this widget does not use of Paste. Each step and its bytes:
 * docs/decisions/0003-paste-trimmings.md. Paste's own files are read as published, never edited; a step whose
 * landmark is gone after an upgrade fails the build instead of silently doing nothing.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const paste = (file) => path.join(path.dirname(require.resolve('@twilio-paste/theme')), '../..', file);

const STYLING = '\0paste-styling-library';
const STYLING_CSS = '\0paste-styling-library-css';
const tokens = '@twilio-paste/design-tokens';

/** Of six themes the widget offers two; the others' names lead to these. */
const themeTokens = new Map([
  [tokens, 'twilio'],
  [`${tokens}/dist/tokens.es6`, 'twilio'],
  [`${tokens}/dist/themes/sendgrid/tokens.es6`, 'twilio'],
  [`${tokens}/dist/themes/evergreen/tokens.es6`, 'twilio'],
  [`${tokens}/dist/themes/dark/tokens.es6`, 'twilio-dark'],
]);

/**
 * Paste ships its styling library with emotion and styled-system bundled in as CommonJS, which cannot be shaken.
 * The same names, from the same versions' own ES modules (they are that package's dependencies).
 */
const stylingLibrary = `
export { default as createCache } from '@emotion/cache';
export { CacheProvider, css as EmotionCSS, Global as StylingGlobals, keyframes, ThemeContext, ThemeProvider, withTheme } from '@emotion/react';
export { default as styled } from '@emotion/styled';
export { createShouldForwardProp, props } from '@styled-system/should-forward-prop';
export { themeGet } from '@styled-system/theme-get';
export * from 'styled-system';
export { css } from '${STYLING_CSS}';
`;

/** Paste's own css() is the one part of that library that exists nowhere else: cut out of its readable build. */
async function pasteCss() {
  const file = paste('styling-library/dist/index.debug.es.js');
  const source = await readFile(file, 'utf8');
  const from = source.indexOf('// src/css-function/css.ts');
  const to = source.indexOf('// ../../../node_modules/', from);
  if (from < 0 || to < 0) throw new Error(`${file} no longer marks where its css() begins and ends.`);
  return `${source.slice(from, to)}\nexport { css };`;
}

export function trimPaste() {
  return {
    name: 'trim-paste',
    enforce: 'pre',
    resolveId: {
      filter: { id: /^@twilio-paste\/|^@emotion\/|^@?styled-system|^\0paste-/ },
      handler(id, importer) {
        const theme = themeTokens.get(id);
        if (theme) return paste(`design-tokens/dist/themes/${theme}/tokens.es6.js`);
        if (id === '@twilio-paste/animation-library') return path.join(here, 'still-animation-library.mjs');
        if (id === '@twilio-paste/styling-library') return STYLING;
        if (id === STYLING_CSS) return STYLING_CSS;
        if (importer === STYLING)
          return this.resolve(id, paste('styling-library/dist/index.es.js'), { skipSelf: true });
        return null;
      },
    },
    load: {
      filter: { id: /^\0paste-/ },
      handler: (id) => (id === STYLING ? stylingLibrary : pasteCss()),
    },
    transform: {
      filter: { id: /@twilio-paste\/.*\.js$/ },
      handler(code, id) {
        let next = code.replace(/^"use client";/, '');
        // Components that nobody imports stay in the bundle only for these two: a call that might do something,
        // and a name set for developer tools.
        next = next.replace(/=((?:[\w$]+\.)?forwardRef\()/g, '=/*#__PURE__*/$1');
        // Icons keep theirs: Avatar knows an icon by its name, and an icon is a file of its own anyway.
        if (!id.includes('/icons/')) {
          next = next.replace(/\b[\w$]+\.displayName="[^"]*"([;,])/g, (_, end) => (end === ';' ? ';' : ''));
        }
        return { code: next, map: null };
      },
    },
  };
}
