import type { WatchPolicy } from '../ports.js';

/**
 * Hears that the page's Content Security Policy keeps a socket from being opened: nothing else says so, the socket
 * only fails as it does without a network.
 */
export function createWatchPolicy(window: Window, tellDeveloper: (sentence: string) => void): WatchPolicy {
  const { document } = window;
  let told = false;
  return (listener) => {
    const onViolation = ({ blockedURI, disposition }: SecurityPolicyViolationEvent): void => {
      if (disposition === 'report' || !/^wss?(?::|$)/.test(blockedURI)) return;
      if (listener(blockedURI) && !told) {
        told = true;
        tellDeveloper(
          `The page's Content Security Policy blocks ${blockedURI}. Add its origin to connect-src for the chat to connect.`,
        );
      }
    };
    document.addEventListener('securitypolicyviolation', onViolation);
    return () => document.removeEventListener('securitypolicyviolation', onViolation);
  };
}
