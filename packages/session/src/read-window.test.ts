import { expect, test } from 'vitest';
import type { RemoteConversation, RemoteMessage } from './connection.js';
import { readEnd } from './read-window.js';

/** A conversation that grows by so many messages with each question after the first. */
function growing(...growth: number[]) {
  let length = 3;
  const span = (from: number) =>
    Array.from(
      { length: Math.max(0, length - from) },
      (_, place) => ({ index: from + place }) as RemoteMessage,
    );
  return {
    page: async () => ({ messages: span(0), hasOlder: false }),
    async after(index: number, limit = Number.POSITIVE_INFINITY) {
      length += growth.shift() ?? 0;
      return span(index + 1).slice(0, limit);
    },
  } as Partial<RemoteConversation> as RemoteConversation;
}
const ends = ({ messages, hasOlder }: Awaited<ReturnType<typeof readEnd>>) => {
  return [messages[0]?.index, messages.at(-1)?.index, hasOlder];
};

test('the end of what was short has older messages once so much came meanwhile', async () => {
  expect(ends(await readEnd(growing(12), { limit: 5, pageSize: 3, lost: () => 0 }))).toEqual([10, 14, true]);
  expect(ends(await readEnd(growing(1), { limit: 5, pageSize: 3, lost: () => 0 }))).toEqual([0, 3, false]);
});

test('the end is looked for again as long as something came that was not kept', async () => {
  const lost = [0, 1, 1, 1];
  const found = await readEnd(growing(1, 1, 1), { limit: 5, pageSize: 3, lost: () => lost.shift() ?? 1 });
  expect(ends(found)).toEqual([0, 4, false]);
});
