import type { Life } from './lossy-steps.js';

/**
 * Lives in which something went wrong once, without what was not needed for it. They are lived first. Kept as steps
 * and not as seeds, which mean another life as soon as a step is added.
 */
export const pastFailures: readonly { was: string; life: Life }[] = [
  {
    was: 'texts that waited in a conversation that was over were not found by the page that began the next one',
    life: {
      tabs: 1,
      begins: 'online',
      goesOn: false,
      steps: [
        { do: 'close_conversation' },
        { do: 'answer' },
        { do: 'send', tab: 0 },
        { do: 'start_new', tab: 0 },
        { do: 'reload', tab: 0 },
      ],
    },
  },
  {
    was: 'a conversation that was closed before its visitor had joined it was the end of every next one, too',
    life: {
      tabs: 1,
      begins: 'at_once',
      goesOn: true,
      steps: [
        { do: 'refuse', status: 503, of: 'participant', times: 3 },
        { do: 'send', tab: 0 },
        { do: 'wait', ms: 4_000 },
        { do: 'close_conversation' },
        { do: 'calm' },
      ],
    },
  },
];
