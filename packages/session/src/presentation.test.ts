import { expect, test } from 'vitest';
import type { HistoryState } from './history.js';
import type { PendingMessage } from './pending.js';
import { createPresentation } from './presentation.js';
import { emptySnapshot } from './snapshot.js';
import { createFakeClock } from './testing.js';
import { emptyTranscript } from './transcript.js';

const pending = (cid: string, index: number | null): PendingMessage => ({
  cid,
  index,
  body: cid,
  at: 0,
  state: index === null ? 'queued' : 'sent',
  error: null,
  attempted: false,
  after: -1,
  files: [],
  kept: true,
});

test('what the service has taken stands in its place, and not at the top of a window that begins after it', () => {
  let history: HistoryState = {
    transcript: emptyTranscript,
    from: 7,
    to: 9,
    hasOlder: true,
    hasNewer: false,
    loaded: true,
    loadingOlder: false,
    loadingNewer: false,
    remembered: false,
  };
  const list = [pending('waits', null), pending('before', 6), pending('within', 7)];
  const view = createPresentation(createFakeClock(), {
    history: () => history,
    pending: () => list,
    visitor: () => null,
    conversationSid: () => 'CH1',
    rest: () => emptySnapshot,
    roleOf: () => 'other',
    contents: () => new Map(),
    choices: () => new Map(),
  });
  const shown = () => view.get().messages.map(({ key }) => key);
  view.publish();
  expect(shown()).toEqual(['within', 'waits']);
  history = { ...history, hasOlder: false };
  view.publish();
  expect(shown()).toEqual(['before', 'within', 'waits']);
});
