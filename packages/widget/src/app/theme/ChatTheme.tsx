import { ThemeProvider } from '@twilio-paste/styling-library';
import { Theme } from '@twilio-paste/theme';
import { type ReactNode, useMemo, useSyncExternalStore } from 'react';
import type { ChatTheme as ThemeName } from '../../config.js';
import { elements } from './elements.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const watchDark = (changed: () => void): (() => void) => {
  dark.addEventListener('change', changed);
  return () => dark.removeEventListener('change', changed);
};

/** Paste's global styles bring 33 font faces from Twilio's asset host; the chat asks nobody for a font. */
const withoutFontFaces = (node: { type: string; children: unknown }): void => {
  if (node.type === '@font-face') node.children = [];
};

export interface ChatThemeProps {
  theme: ThemeName;
  nonce: string;
  children: ReactNode;
}

export function ChatTheme({ theme, nonce, children }: ChatThemeProps): React.JSX.Element {
  const prefersDark = useSyncExternalStore(watchDark, () => dark.matches);
  const isDark = theme === 'auto' ? prefersDark : theme === 'dark';
  const cache = useMemo(
    () => ({
      key: 'cwc',
      container: document.head,
      stylisPlugins: [withoutFontFaces],
      ...(nonce ? { nonce } : {}),
    }),
    [nonce],
  );
  return (
    <Theme.Provider theme={isDark ? 'twilio-dark' : 'twilio'} cacheProviderProps={cache as never}>
      <ThemeProvider theme={(paste: object) => ({ ...paste, elements })}>{children}</ThemeProvider>
    </Theme.Provider>
  );
}
