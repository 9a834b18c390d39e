import type { ServedPage } from './page-server.js';

/**
 * A page that does everything that has been seen to break chats: a 10 px root font, a reset of every element,
 * a patched built-in, an AMD loader, a strict policy for scripts, styles and Trusted Types. It takes stock of its own
 * globals, built-ins and styles before the chat's script runs; a click on "Audit" writes what has changed since into
 * the page, because the test cannot ask by script on a page whose built-ins are patched.
 */
export function hostilePage({ chat, realtime }: { chat: string; realtime: string }): ServedPage {
  const nonce = 'cjRuZDBt';
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'nonce-${nonce}'`,
    `connect-src ${chat} ${new URL(realtime).origin}`,
    `frame-src 'none'`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `require-trusted-types-for 'script'`,
    'trusted-types conversations-web-chat',
  ].join('; ');
  return {
    headers: { 'content-security-policy': policy },
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A hard place</title>
<style nonce="${nonce}">
html { font-size: 10px; }
* { all: unset; }
div, iframe { display: none !important; }
p, h1, main, button, output { display: block; }
</style>
<script nonce="${nonce}">
Array.prototype.toJSON = function () { return 'patched'; };
window.define = function () { document.documentElement.dataset.defined = 'yes'; };
window.define.amd = {};
document.addEventListener('securitypolicyviolation', function (event) {
  document.documentElement.dataset.violations =
    (document.documentElement.dataset.violations || '') + event.effectiveDirective + ' ' + event.blockedURI + '; ';
});
</script>
</head>
<body>
<main>
<h1>A hard place</h1>
<p>Between a rock and it.</p>
<button id="audit">Audit</button>
<output id="report"></output>
</main>
<script nonce="${nonce}">
(function () {
  // Names of every own property, and the identity of every built-in function, from the window down.
  function stock() {
    var found = new Map();
    Object.getOwnPropertyNames(window).forEach(function (name) {
      // Indexed frames come and go with any frame; they are no globals of the page.
      if (/^\\d+$/.test(name)) return;
      var descriptor = Object.getOwnPropertyDescriptor(window, name);
      found.set('window.' + name, descriptor && 'value' in descriptor && typeof descriptor.value === 'function' ? descriptor.value : true);
      var value = descriptor && descriptor.value;
      if (typeof value === 'function' || (value && (name === 'JSON' || name === 'Math' || name === 'Reflect' || name === 'Intl'))) {
        [value, value.prototype].forEach(function (holder, depth) {
          if (!holder || typeof holder !== 'object' && typeof holder !== 'function') return;
          Reflect.ownKeys(holder).forEach(function (key) {
            var inner = Object.getOwnPropertyDescriptor(holder, key);
            var label = 'window.' + name + (depth ? '.prototype' : '') + '.' + String(key);
            found.set(label, inner && 'value' in inner ? (typeof inner.value === 'function' ? inner.value : true) : inner && inner.get);
          });
        });
      }
    });
    return found;
  }
  function looks() {
    return ['html', 'body', 'main', 'h1', 'p', 'button'].map(function (selector) {
      var style = getComputedStyle(document.querySelector(selector));
      return selector + ' ' + [style.display, style.fontSize, style.fontFamily, style.color, style.margin, style.overflow, style.position].join('|');
    }).join('\\n');
  }
    var before = stock();
    var lookedLike = looks();
    var headBefore = document.head.querySelectorAll('style, link[rel=stylesheet]').length;
    document.getElementById('audit').addEventListener('click', function () {
      var after = stock();
      var changes = [];
      after.forEach(function (value, key) {
        if (key === 'window.ConversationsWebChat' || key.indexOf('window.ConversationsWebChat.') === 0) return;
        if (!before.has(key)) changes.push('added ' + key);
        else if (before.get(key) !== value) changes.push('changed ' + key);
      });
      before.forEach(function (value, key) { if (!after.has(key)) changes.push('removed ' + key); });
      if (looks() !== lookedLike) changes.push('styles: ' + looks());
      if (document.head.querySelectorAll('style, link[rel=stylesheet]').length !== headBefore) changes.push('style sheets in head');
      if (document.documentElement.dataset.defined) changes.push('called the AMD define');
      document.getElementById('report').textContent = changes.length ? changes.join('; ') : 'nothing changed';
    });
})();
</script>
<script nonce="${nonce}" async src="${chat}/chat-widget.js" data-token-service-url="${chat}/chat-widget"></script>
</body>
</html>`,
  };
}
