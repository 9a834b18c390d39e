import type { ChatSnapshot } from '@conversations-web-chat/session';
import type { Strings } from './i18n/en.js';
import { createNewcomers } from './newcomers.js';
import { describeAuthor, describeFailure } from './ui/describe.js';
import { fill } from './ui/strings.js';

/** What a screen reader is to say of each snapshot: messages of others and failures of the visitor's own, each once. */
export function createAnnouncer(strings: Strings): (snapshot: ChatSnapshot) => string[] {
  const newcomers = createNewcomers();
  let failed = new Set<string>();

  return (snapshot) => {
    const failures = snapshot.messages.filter(({ state }) => state === 'failed');
    const fresh = failures.filter(({ key }) => !failed.has(key));
    failed = new Set(failures.map(({ key }) => key));
    return [
      ...fresh.map(({ error }) => describeFailure(error, strings)),
      ...newcomers(snapshot).map(({ author, body }) =>
        fill(strings.announced, { name: describeAuthor(author, strings), body }),
      ),
    ];
  };
}
