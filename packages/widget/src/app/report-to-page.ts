import type { ChatSession, ChatSnapshot } from '@conversations-web-chat/session';
import type { FrameHost } from '../config.js';
import { createNewcomers } from './newcomers.js';
import type { ViewStore } from './view-store.js';

type Emit = FrameHost['emit'];

/** What happened between two snapshots that concerns what the visitor wrote and the state of the chat. */
export function reportChange(before: ChatSnapshot, after: ChatSnapshot, emit: Emit): void {
  if (before.status !== after.status || before.reason !== after.reason) {
    // Whoever is forgotten has no conversation any more.
    const gone = after.conversationSid === null && before.conversationSid !== null;
    emit('connection', {
      status: after.status,
      reason: after.reason,
      ...(gone && { conversationSid: null }),
    });
  }
  if (after.conversationSid !== null && after.conversationSid !== before.conversationSid) {
    emit('conversation:started', { conversationSid: after.conversationSid });
  }
  if (after.status === 'ended' && before.status !== 'ended') {
    emit('conversation:ended', { conversationSid: after.conversationSid, reason: after.reason });
  }
  if (
    (after.status === 'failed' || after.status === 'blocked') &&
    after.reason &&
    after.reason !== before.reason
  ) {
    emit('error', { code: after.reason, message: `The chat is ${after.status}: ${after.reason}.` });
  }
  if (after.messages !== before.messages) {
    const earlier = new Map(before.messages.map((message) => [message.key, message.state]));
    for (const { key, sid, index, own, body, at, state, error } of after.messages) {
      const was = earlier.get(key);
      if (!own || was === state) continue;
      if (state === 'sent' && was !== undefined) {
        emit('message:sent', { key, sid, index, body, at });
      } else if (state === 'failed' && (was !== undefined || before.identity !== null)) {
        // One too long never was anything else; only what was stored comes together with the visitor's identity.
        emit('message:failed', { key, body, error });
      }
    }
  }
  const [typed, types] = [before.typing.length > 0, after.typing.length > 0];
  if (typed !== types) emit('typing', { typing: types });
}

/** Tells the page what happens in the session, and counts what comes while the panel is closed. */
export function reportToPage(session: ChatSession, view: ViewStore, emit: Emit): () => void {
  const newcomers = createNewcomers();
  let before = session.getSnapshot();
  let unread = 0;
  const setUnread = (count: number): void => {
    if (count === unread) return;
    unread = count;
    emit('unread', { unread });
  };

  const stopSession = session.subscribe(() => {
    const after = session.getSnapshot();
    reportChange(before, after, emit);
    before = after;
    const arrived = newcomers(after);
    for (const { sid, index, author, body, at } of arrived) {
      emit('message:received', { sid, index, author, body, at });
    }
    if (!view.get().open) setUnread(unread + arrived.length);
  });
  const stopView = view.subscribe(() => {
    if (view.get().open) setUnread(0);
  });
  return () => {
    stopSession();
    stopView();
    setUnread(0);
  };
}
