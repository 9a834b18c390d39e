import { expect, it } from 'vitest';
import { tidyStorage } from './tidy-storage.js';

function area(...keys: string[]): Storage & { keys(): string[] } {
  const left = [...keys];
  return {
    get length() {
      return left.length;
    },
    key: (place: number) => left[place] ?? null,
    removeItem: (key: string) => left.splice(left.indexOf(key), 1),
    keys: () => left,
  } as unknown as Storage & { keys(): string[] };
}

it('removes what the SDK left and nothing of the page’s or our own', () => {
  const local = area(
    'cart',
    'loglevel',
    'loglevel:twilsock',
    'loglevel:twilio-sync',
    'conversations-web-chat:default',
  );
  const session = area(
    `${'a1'.repeat(16)}::document::CH1.channel`,
    `${'a1'.repeat(16)}::list::CH1.messages`,
    `${'a1'.repeat(16)}::stream::x`,
    `${'a1'.repeat(16)}::live_query::x`,
    `${'a1'.repeat(16)}::map::x`,
    'twilio_twilsock_token_storage',
    'twilio_of_the_page',
    'tab::list::x',
  );
  tidyStorage(() => [local, session]);
  expect(local.keys()).toEqual(['cart', 'loglevel', 'conversations-web-chat:default']);
  expect(session.keys()).toEqual(['twilio_of_the_page', 'tab::list::x']);
});

it('puts up with storage that throws', () => {
  tidyStorage(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
});
