import type { ChatTheme } from '../config.js';

/**
 * Keeps the frame clear of an on-screen keyboard, which shrinks the page's visual viewport and nothing else: the
 * frame's own says nothing of it. Pinch zoom shrinks it too, but whoever zooms in wants the chat larger, not less.
 */
export function followViewport(frame: HTMLElement, viewport: VisualViewport | null): () => void {
  if (!viewport) return () => {};
  const fit = (): void => {
    frame.style.setProperty('--h', `${Math.round(viewport.height * viewport.scale)}px`);
    frame.style.setProperty('--t', `${viewport.scale > 1 ? 0 : Math.round(viewport.offsetTop)}px`);
  };
  fit();
  viewport.addEventListener('resize', fit);
  viewport.addEventListener('scroll', fit);
  return () => {
    viewport.removeEventListener('resize', fit);
    viewport.removeEventListener('scroll', fit);
  };
}

/** The frame's media queries see what its element says, so `auto` must let the visitor's preference through. */
export function colourFrame(frame: HTMLElement, theme: ChatTheme): void {
  frame.style.colorScheme = theme === 'auto' ? 'light dark' : theme;
}
