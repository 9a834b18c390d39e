import type { EmulatorFaults } from '@conversations-web-chat/emulator';
import type { ChatSnapshot } from '../snapshot.js';
import { type LossyBrowser, type LossyTab, openLossyBrowser, until } from './lossy-browser.js';
import { type LossyService, type StoredMessage, startLossyService } from './lossy-service.js';
import type { Life, Step, Write } from './lossy-steps.js';

/** From the end of the trouble to the end of its consequences: what a visitor waits at most, and a margin. */
const HEALS_WITHIN_MS = 300_000;

const REQUESTS: Record<Write | 'read' | 'anything', { method?: string; path?: string }> = {
  message: { method: 'POST', path: '*/Messages' },
  conversation: { method: 'POST', path: '*/Conversations' },
  participant: { method: 'POST', path: '*/Participants' },
  // The SDK reads messages from the list that Sync keeps of them.
  read: { method: 'GET', path: '/Items' },
  anything: {},
};

/**
 * Lives one life: the official SDK, the emulator and a session for each tab. Answers what was wrong, which is nothing.
 * `count` hears what befell it.
 */
export async function live(
  { tabs, begins, steps, goesOn }: Life,
  count: (what: string) => void,
): Promise<string[]> {
  const service = await startLossyService(count);
  const browser = openLossyBrowser(service, tabs, count);
  const records = new Map<string, StoredMessage[]>();
  const retried = new Set<string>();
  const copies = steps.filter((step) => step.do === 'copy').length;
  // A line that was dead for a while may deliver late what was given up by then.
  const mayBeStored = 1 + copies + (steps.some((step) => step.do === 'half_open') ? 1 : 0);
  const world = { service, browser, records, retried, mayBeStored, count };
  try {
    if (begins === 'online') await calm(browser);
    for (const step of steps) {
      browser.trace.push(JSON.stringify(step));
      await perform(step, world);
    }
    await heal(world);
    const restless = await settle(world);
    if (restless.length === 0 && goesOn) restless.push(...(await goOn(world)));
    const wrongs = [...restless, ...browser.wrongs, ...(await account(world))];
    for (const answer of await service.refusals()) count(`refused ${answer}`);
    if (wrongs.length > 0) wrongs.push(`\n${browser.trace.join('\n')}\n`);
    return wrongs;
  } finally {
    await browser.close();
    await service.close();
  }
}

interface World {
  service: LossyService;
  browser: LossyBrowser;
  /** What stood in conversations before they were deleted. */
  records: Map<string, StoredMessage[]>;
  /** Texts that went to the end of the line, because the visitor tried them again. */
  retried: Set<string>;
  /** How often one text may stand in a conversation. */
  mayBeStored: number;
  count: (what: string) => void;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function perform(step: Step, world: World): Promise<void> {
  const { service, browser, count } = world;
  const tabOf = (number: number): LossyTab => {
    const tab = browser.tabs[number] ?? browser.tabs[0];
    if (!tab) throw new Error('There is no tab.');
    return tab;
  };
  const identity = (): string | null => tabOf(0).session().getSnapshot().identity;
  /** Orders a fault; counted where it met something. */
  const fault = async (name: string, order: (faults: EmulatorFaults, who: string) => unknown) => {
    await until(tabOf(0).session(), (snapshot) => snapshot.identity !== null);
    if (order(await service.faults(), identity() ?? '') !== 0) count(`fault ${name}`);
  };

  switch (step.do) {
    case 'send':
      count('sends');
      return tabOf(step.tab).send();
    case 'wait':
      return wait(step.ms);
    case 'calm':
      return calm(browser);
    case 'answer':
    case 'edit':
    case 'remove':
    case 'copy':
    case 'close_conversation':
    case 'delete_conversation':
    case 'remove_visitor':
      return backstage(step.do, world, identity());
    case 'cut':
      return fault(`cut ${step.when} of ${step.of}`, (faults, who) => {
        faults.dropAround(step.when, { ...REQUESTS[step.of], identity: who });
      });
    case 'refuse':
      return fault(`${step.status} for ${step.of}`, (faults, who) => {
        faults.answer({ ...REQUESTS[step.of], status: step.status, times: step.times, identity: who });
      });
    case 'refuse_token':
      return fault(`${step.status} for ${step.at}`, (faults) => {
        faults.answer({ status: step.status, to: step.at });
      });
    case 'goodbye':
      return fault(`goodbye ${step.code}`, (faults) => faults.close({ code: step.code }));
    case 'expire_token':
      return fault(`token expired by ${step.how}`, (faults, who) => faults.expireToken(who, step.how));
    case 'token_about_to_expire':
      return fault('token about to expire', (faults, who) => faults.tokenAboutToExpire(who));
    case 'drop':
      return fault('drop', (faults) => faults.drop());
    case 'half_open':
      return fault('half-open', (faults) => faults.halfOpen(true));
    case 'events_come_twice':
      return fault('events twice', (faults) => faults.disorder({ duplicate: 0.7, maxMs: 200 }));
    case 'late':
      return fault(`late by ${step.ms}`, (faults) => faults.latency(step.ms, { jitter: step.ms / 2 }));
    case 'sockets':
      return fault(`sockets ${step.refused ? 'refused' : 'taken'}`, (faults) => faults.refuse(step.refused));
    case 'replies':
      return fault(`replies ${step.wait ? 'wait' : 'go'}`, (faults) => faults.pauseReplies(step.wait));
    case 'restart':
      count('fault restart');
      return service.restart(step.downFor);
    case 'token_service':
      return service.tokenService(step.is);
    case 'network':
      if (!step.online) {
        count('fault offline');
        (await service.faults()).drop();
      }
      return browser.network(step.online);
    case 'reload':
    case 'crash':
      count(step.do);
      return tabOf(step.tab).reload(step.do);
    case 'retry_now':
      return tabOf(step.tab).session().retryNow();
    case 'retry_failed': {
      const session = tabOf(step.tab).session();
      for (const { key, body, state } of session.getSnapshot().messages) {
        if (state !== 'failed') continue;
        count('failed messages tried again');
        world.retried.add(body);
        session.retry(key);
      }
      return;
    }
    case 'start_new': {
      const session = tabOf(step.tab).session();
      if (session.getSnapshot().status === 'ended') count('new chats after an end');
      return session.startNew();
    }
    case 'load_older':
      void tabOf(step.tab).session().loadOlder();
  }
}

/** A calm line, unless it takes too long. */
async function calm(browser: LossyBrowser): Promise<void> {
  const soon = wait(20_000);
  for (const tab of browser.tabs) {
    const quiet = until(tab.session(), ({ status, messages }) => {
      return (
        status === 'ended' || (status === 'online' && messages.every(({ state }) => state !== 'sending'))
      );
    });
    await Promise.race([quiet, soon]);
  }
}

let said = 0;

/** What agents, bots and operators do, by REST. */
async function backstage(
  what:
    | 'answer'
    | 'edit'
    | 'remove'
    | 'copy'
    | 'close_conversation'
    | 'delete_conversation'
    | 'remove_visitor',
  { service, records, count }: World,
  identity: string | null,
): Promise<void> {
  const conversation = (await service.conversations()).find(({ state }) => state !== 'closed');
  if (!conversation) return;
  const { sid } = conversation;
  const bots = (await service.messages(sid)).filter(({ author }) => author === 'bot');
  const last = bots.at(-1);
  said += 1;
  switch (what) {
    case 'answer':
      await service.rest('POST', `/${sid}/Messages`, { Author: 'bot', Body: `answer ${said}` });
      break;
    case 'edit':
      if (!last) return;
      await service.rest('POST', `/${sid}/Messages/${last.sid}`, { Body: `answer ${said}` });
      break;
    case 'remove':
      if (!last) return;
      await service.rest('DELETE', `/${sid}/Messages/${last.sid}`);
      break;
    case 'copy': {
      const own = (await service.messages(sid)).findLast(
        ({ author, cid }) => author !== 'bot' && cid !== null,
      );
      if (!own) return;
      const { author: Author, body: Body, cid } = own;
      await service.rest('POST', `/${sid}/Messages`, { Author, Body, Attributes: JSON.stringify({ cid }) });
      break;
    }
    case 'close_conversation':
      await service.rest('POST', `/${sid}`, { State: 'closed' });
      break;
    case 'delete_conversation':
      records.set(sid, await service.messages(sid));
      await service.rest('DELETE', `/${sid}`);
      break;
    case 'remove_visitor': {
      const { participants } = await service.rest('GET', `/${sid}/Participants`);
      const visitor = (participants as { identity: string; sid: string }[]).find(
        (participant) => participant.identity === identity,
      );
      if (!visitor) return;
      await service.rest('DELETE', `/${sid}/Participants/${visitor.sid}`);
    }
  }
  count(`backstage ${what}`);
}

async function heal({ service, browser }: World): Promise<void> {
  const faults = await service.faults();
  faults.reset();
  service.tokenService('well');
  browser.network(true);
}

/** Waits until everything has come to rest. Answers what has not. */
async function settle(world: World): Promise<string[]> {
  const { browser } = world;
  const healed = Date.now();
  let click = Date.now();
  for (;;) {
    const restless = (await Promise.all(browser.tabs.map((tab) => whatIsLeft(tab, world)))).flat();
    if (restless.length === 0) return [];
    if (Date.now() - healed > HEALS_WITHIN_MS) return restless.map((what) => `Not after 5 minutes: ${what}`);
    for (const tab of browser.tabs) {
      // It said that it does not try again by itself.
      if (!givenUp(tab.session().getSnapshot()) || Date.now() - click < 5_000) continue;
      click = Date.now();
      tab.session().retryNow();
    }
    await wait(500);
  }
}

/** After the end of a chat there is always another one. */
async function goOn(world: World): Promise<string[]> {
  const over = world.browser.tabs.filter((tab) => tab.session().getSnapshot().status === 'ended');
  for (const tab of over) {
    world.count('new chats in the end');
    tab.session().startNew();
    tab.send();
  }
  const restless = await settle(world);
  const still = over.filter((tab) => tab.session().getSnapshot().status !== 'online');
  return [...restless, ...still.map(() => 'There is no new chat.')];
}

const givenUp = ({ status, reason, retryAt }: ChatSnapshot): boolean =>
  (status === 'failed' || status === 'reconnecting') && retryAt === null && reason !== 'connection_lost';

async function whatIsLeft(tab: LossyTab, { service, records }: World): Promise<string[]> {
  const session = tab.session();
  if (session.getSnapshot().hasOlder) await session.loadOlder();
  const { status, reason, messages, conversationSid, hasOlder } = session.getSnapshot();
  if (status !== 'online' && status !== 'ended') return [`${status}, ${reason}`];
  // Taken by the service, and then deleted with the conversation: nobody can read any more where it stood.
  const deleted = status === 'ended' && reason === 'conversation_gone';
  const waiting = messages.filter(
    ({ state, sid }) => state === 'sending' || (state === 'sent' && !sid && !deleted),
  );
  if (waiting.length > 0) {
    return [`${status} with ${waiting.map(({ body, state }) => `${body} ${state}`).join(', ')}`];
  }
  if (status === 'ended' || conversationSid === null) return [];
  if (hasOlder) return ['older messages have not come'];
  const there = await service.conversations();
  if (!there.some(({ sid }) => sid === conversationSid)) {
    return records.has(conversationSid) ? ['online in a conversation that was deleted'] : ['online nowhere'];
  }
  const stored = once(await service.messages(conversationSid)).map(({ body }) => body);
  const shown = messages.filter(({ state }) => state === 'sent').map(({ body }) => body);
  return same(shown, stored) ? [] : [`shown ${shown.join(' | ')}, stored ${stored.join(' | ')}`];
}

const copiesIn = (messages: readonly StoredMessage[], text: string): number =>
  messages.filter(({ body }) => body === text).length;

/** Copies of one message, which a broken link may leave, are one. */
function once(messages: readonly StoredMessage[]): StoredMessage[] {
  const seen = new Set<string>();
  return messages.filter(({ author, cid }) => {
    const mark = `${author} ${cid}`;
    if (cid !== null && seen.has(mark)) return false;
    seen.add(mark);
    return true;
  });
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, place) => item === other[place]);

/** Every text that was typed is with the service, or is shown as failed with a reason; in the order it was typed. */
async function account({ service, browser, records, retried, mayBeStored, count }: World): Promise<string[]> {
  const wrongs: string[] = [];
  const all = new Map(records);
  for (const { sid } of await service.conversations()) all.set(sid, await service.messages(sid));
  const stored = [...all.values()].flat();
  for (const cid of browser.unknown()) {
    if (stored.some((message) => message.cid === cid)) count('found after an unknown outcome');
  }
  const failed = new Set(
    browser.tabs.flatMap((tab) =>
      tab
        .session()
        .getSnapshot()
        .messages.filter(({ state, error }) => state === 'failed' && error !== null)
        .map(({ body }) => body),
    ),
  );
  for (const [number, { written }] of browser.tabs.entries()) {
    for (const text of written) {
      // Of one conversation: what is not known of one that is over is taken along into the next.
      const copies = Math.max(...[...all.values()].map((messages) => copiesIn(messages, text)), 0);
      count('texts typed');
      if (copies > 1) count('texts stored twice');
      if (copies > mayBeStored) wrongs.push(`${text} is stored ${copies} times`);
      if (copies > 0) continue;
      const conversation = browser.sent.get(text);
      // Told to be sent, and then deleted with the conversation.
      if (conversation != null && records.has(conversation)) continue;
      if (conversation !== undefined) wrongs.push(`${text} was shown as sent and is not with the service`);
      else if (failed.has(text)) count('texts that failed with a reason');
      else wrongs.push(`${text} is lost`);
    }
    for (const messages of all.values()) {
      const own = once(messages)
        .map(({ body }) => body)
        .filter((body) => body.startsWith(`${number}.`) && !retried.has(body));
      const places = own.map((body) => Number(body.split('.')[1]));
      if (places.some((place, at) => place < (places[at - 1] ?? -1))) {
        wrongs.push(`not in the order written: ${own.join(' ')}`);
      }
    }
  }
  return wrongs;
}
