import type { ChatOptions } from '../config.js';

/**
 * The page's own rules reach the host element, though nothing inside it: they win over `:host` unless that says
 * `!important`. The frame's media queries follow its colour scheme, for which `auto` is no word: the app sets that.
 * Outline and border are what forced colours leave to be seen: the icon is a border, and the outline is there for them.
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
button,iframe{position:fixed;${side}:${x}px;bottom:${y}px;width:56px;height:56px;border:0;outline:1px solid #0000;border-radius:50%;box-shadow:0 4px 16px #0004}
button{padding:16px;background:#006dfa;color:#fff;cursor:pointer}
button:hover{background:#05c}
button:focus-visible{outline:3px solid #006dfa;outline-offset:3px}
button:before{content:"";display:block;border:12px solid;border-radius:50% 50% 50% 2px}
.o:before{clip-path:polygon(0 30%,50% 80%,100% 30%,90% 20%,50% 60%,10% 20%)}
b{position:absolute;inset:-4px -4px auto auto;padding:0 6px;border-radius:16px;background:#c72323;font:12px/18px system-ui}
b:empty{display:none}
iframe{bottom:${foot}px;width:min(400px,100vw - ${2 * x}px);height:min(680px,var(--h,100dvh) - ${foot + 16}px);border-radius:16px;background:Canvas;color-scheme:${theme}}
iframe[inert]{visibility:hidden}
@media(max-width:479px),(max-height:419px){iframe{inset:var(--t,0)0 auto;width:100%;height:var(--h,100dvh);border-radius:0}.o{visibility:hidden}}
@media print{:host{display:none!important}}`;
}
