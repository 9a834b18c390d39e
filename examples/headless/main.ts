import { type ChatMessage, createChatSession } from '@conversations-web-chat/session';
import { createBrowserPorts, createFetchToken } from '@conversations-web-chat/session/browser';

const session = createChatSession({
  ...createBrowserPorts({ window, storage: 'local' }),
  fetchToken: createFetchToken({ url: '/chat-widget', fetch: window.fetch.bind(window) }),
  connect: async () => (await import('@conversations-web-chat/session/twilio')).createTwilioConnection,
});

const at = <E extends HTMLElement = HTMLElement>(selector: string) => document.querySelector(selector) as E;
const [log, form, text] = [at('ol'), at<HTMLFormElement>('form'), at<HTMLTextAreaElement>('textarea')];

/** Text goes in as text: nothing that somebody writes becomes a part of the page. */
const make = (name: string, textContent: string) =>
  Object.assign(document.createElement(name), { textContent });
const button = (label: string, onclick: () => unknown, disabled = false) =>
  Object.assign(make('button', label), { onclick, disabled });
const actions = {
  write: [],
  retry_now: [button('Try again now', session.retryNow)],
  start_new: [button('Start a new chat', session.startNew)],
  end_chat: [button('End chat', session.endChat)],
};

function itemOf({ key, author, role, body, state, error, media, content, chosen }: ChatMessage): HTMLElement {
  const item = make('li', '');
  item.append(make('b', role === 'visitor' ? 'You' : author), make('p', body));
  for (const { sid, name, progress } of media) {
    if (sid === null) item.append(make('p', `${name} ${Math.round((progress ?? 0) * 100)} %`));
    else item.append(button(name, async () => open(await session.mediaUrl(key, sid), '_blank', 'noopener')));
  }
  for (const { id, title } of content?.kind === 'quick_reply' ? content.replies : [])
    item.append(button(title, () => session.choose(key, id), chosen !== null));
  if (state === 'failed') item.append(button('Try again', () => session.retry(key)));
  if (state !== 'sent')
    item.append(
      button('Delete', () => session.discard(key)),
      make('small', error ?? state),
    );
  return item;
}

let items = new Map<ChatMessage, HTMLElement>();
session.subscribe(() => {
  const { status, reason, notices, can, messages, typing, unread, hasOlder, hasNewer } =
    session.getSnapshot();
  at('#status').textContent = [status, reason, ...notices].filter(Boolean).join(', ');
  at('#actions').replaceChildren(...can.flatMap((action) => actions[action]));
  at('#unread').textContent = unread > 0 ? `(${unread} new)` : '';
  at('#typing').textContent = typing.length > 0 ? `${typing.join(', ')} is typing` : '';
  [at('#older').hidden, at('#latest').hidden, form.hidden] = [!hasOlder, !hasNewer, !can.includes('write')];
  // An unchanged message is the same object as before and keeps its element, so that only news is read out.
  items = new Map(messages.map((message) => [message, items.get(message) ?? itemOf(message)]));
  const shown = [...items.values()];
  if (shown.length !== log.children.length || shown.some((item, place) => item !== log.children[place]))
    log.replaceChildren(...shown);
  if (document.activeElement !== text) text.value = session.draft.read();
  if (document.hasFocus()) session.markRead();
});

at('#older').onclick = session.loadOlder;
at('#latest').onclick = session.showLatest;
at('#forget').onclick = () => session.forgetMe().then(session.start);
text.oninput = () => {
  session.draft.write(text.value);
  session.typing();
};
form.onsubmit = (event) => {
  event.preventDefault();
  session.send(text.value, [...(at<HTMLInputElement>('input').files ?? [])]);
  session.draft.write('');
  form.reset();
};
session.start();
