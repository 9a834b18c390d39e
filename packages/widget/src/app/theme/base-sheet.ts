/** What Paste's tokens have no word for: the page of the frame, motion, scroll bars, forced colours. */
const RULES = `
html,body{height:100%;overflow:hidden;overscroll-behavior:none}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;-webkit-tap-highlight-color:transparent}
#chat,.paste-theme-provider{height:100%}
[data-paste-element=VISUALLY_HIDDEN]{position:absolute!important;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap;border:0}
[data-paste-element=CHAT_LOG]{scrollbar-width:thin;overflow-anchor:none}
@keyframes cwc-in{from{opacity:0;transform:translateY(6px)}}
@keyframes cwc-dot{0%,60%,100%{transform:none;opacity:.4}30%{transform:translateY(-3px);opacity:1}}
@keyframes cwc-pulse{50%{opacity:.45}}
@keyframes cwc-spin{to{transform:rotate(1turn)}}
@media(prefers-reduced-motion:reduce){*,::before,::after{animation:none!important;transition:none!important}}
@media(forced-colors:active){
[data-paste-element=CHAT_BUBBLE],[data-paste-element=CHAT_NOTICE],[data-paste-element=COMPOSER],[data-paste-element^=COMPOSER_SEND],[data-paste-element=CHAT_AVATAR],[data-paste-element=CHAT_HEADER_AVATAR]{border:1px solid CanvasText!important}
[data-paste-element=CHAT_HEADER]{border-bottom-color:CanvasText!important}
[data-paste-element=CHAT_STATUS]::before{forced-color-adjust:none}
button:focus-visible,[data-paste-element=COMPOSER]:focus-within,[role=log]:focus-visible{outline:2px solid Highlight!important}
}
`;

export function addBaseSheet(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(RULES);
  document.adoptedStyleSheets = [sheet];
}
