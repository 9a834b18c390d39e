import { createChatSession } from '@conversations-web-chat/session';
import { createBrowserPorts, createFetchToken } from '@conversations-web-chat/session/browser';
import { createTwilioConnection } from '@conversations-web-chat/session/twilio';

/** A session as a page of its own interface makes it, with the token service at `url`. */
const makeSession = (url = '/chat-widget') =>
  createChatSession({
    ...createBrowserPorts({ window, storage: 'local' }),
    connect: createTwilioConnection,
    fetchToken: createFetchToken({ url, fetch: window.fetch.bind(window) }),
  });

Object.assign(window, { makeSession });
