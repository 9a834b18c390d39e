/**
 * Stands in for @twilio-paste/animation-library (react-spring, 15 kB): Paste components show their end state at
 * once. The widget's own motion is CSS, and follows prefers-reduced-motion.
 */
import { useSyncExternalStore } from 'react';

const query = () => matchMedia('(prefers-reduced-motion: reduce)');
const watch = (changed) => {
  const list = query();
  list.addEventListener('change', changed);
  return () => list.removeEventListener('change', changed);
};

export const useReducedMotion = () => useSyncExternalStore(watch, () => query().matches);
export const animated = (component) => component;
export const useSpring = () => ({});
export const useTransition = () => () => null;
export const Globals = { assign() {} };
