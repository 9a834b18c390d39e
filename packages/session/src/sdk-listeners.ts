interface Listening {
  addEventListener(type: string, listener: unknown, options?: unknown): void;
  removeEventListener(type: string, listener: unknown, options?: unknown): void;
}

/**
 * Makes something of the SDK's, and says how to take back what that listens to at the window: the SDK listens for the
 * network and never stops, so that each client that was let go would stay in memory, and come back to life when the
 * network does.
 */
export function holdListeners<T>(
  make: () => T,
  window: Listening | undefined = (globalThis as { window?: Listening }).window,
): { made: T; release(): void } {
  const added: Parameters<Listening['addEventListener']>[] = [];
  if (typeof window?.addEventListener !== 'function') return { made: make(), release() {} };
  const before = Object.getOwnPropertyDescriptor(window, 'addEventListener');
  const { addEventListener: add } = window;
  const listen: Listening['addEventListener'] = (...listener) => {
    added.push(listener);
    add.apply(window, listener);
  };
  // A page may have made its window so that this cannot be; then the listeners stay.
  Reflect.defineProperty(window, 'addEventListener', { value: listen, configurable: true, writable: true });
  try {
    const release = (): void => {
      for (const listener of added.splice(0)) window.removeEventListener(...listener);
    };
    return { made: make(), release };
  } finally {
    if (before) Reflect.defineProperty(window, 'addEventListener', before);
    else Reflect.deleteProperty(window, 'addEventListener');
  }
}
