import { createChatSession } from '@conversations-web-chat/session';
import { createBrowserPorts, createFetchToken } from '@conversations-web-chat/session/browser';
import { createTwilioConnection } from '@conversations-web-chat/session/twilio';

/** What a test does with the page: it has no interface but this. */
const session = createChatSession({
  ...createBrowserPorts({ window, storage: 'local' }),
  fetchToken: createFetchToken({ url: '/chat-widget', fetch: window.fetch.bind(window) }),
  connect: createTwilioConnection,
  filePolicy: { longestSide: 100 },
});
const progress: number[] = [];
session.subscribe(() => {
  const share = session.getSnapshot().messages.at(-1)?.media[0]?.progress;
  if (share != null && share !== progress.at(-1)) progress.push(share);
});
session.start();

Object.assign(window, { session, progress });
