import type { ChatOptions } from '../config.js';

/**
 * The page's own rules reach the host element, though nothing inside it: they win over `:host` unless that says
 * `!important`. The frame's media queries follow its colour scheme, for which `auto` is no word: the app sets that.
 * It also sets `--h` and `--t` where a keyboard leaves less room than the window has.
 */
export function styles({
  position: side,
  offsetX: x,
  offsetY: y,
  zIndex,
  hideLauncher,
  theme,
}: ChatOptions): string {
  const foot = hideLauncher ? y : y + 72;
  return `:host{all:initial!important;position:fixed!important;z-index:${zIndex}!important}
button,iframe{position:fixed;${side}:${x}px;bottom:${y}px;width:56px;height:56px;border:0;border-radius:50%;box-shadow:0 4px 16px #0004}
button{padding:15px;background:#006dfa;color:#fff;cursor:pointer;forced-color-adjust:none}
button:hover{background:#0057c8}
button:focus-visible{outline:3px solid #006dfa;outline-offset:3px}
button:before{content:"";display:block;height:26px;border-radius:50% 50% 50% 2px;background:currentColor}
.o:before{clip-path:polygon(5% 35%,50% 80%,95% 35%,86% 26%,50% 62%,14% 26%)}
b{position:absolute;top:-4px;right:-4px;padding:0 6px;border-radius:9px;background:#c72323;font:12px/18px system-ui}
b:empty{display:none}
iframe{bottom:${foot}px;width:min(400px,100vw - ${2 * x}px);height:min(680px,var(--h,100dvh) - ${foot + 16}px);border-radius:16px;background:Canvas;color-scheme:${theme};transition:opacity .16s}
iframe[inert]{visibility:hidden;opacity:0}
@media(prefers-reduced-motion){iframe{transition:none}}
@media(max-width:479px),(max-height:419px){iframe{inset:var(--t,0)0 auto;width:100%;height:var(--h,100dvh);border-radius:0}.o{visibility:hidden}}
@media print{:host{display:none!important}}`;
}
