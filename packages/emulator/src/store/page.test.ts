import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { UserRow } from './rows.js';
import { openStore, type Store } from './store.js';

const user = (sid: string): UserRow => ({
  sid,
  chatServiceSid: 'IS1',
  identity: sid,
  friendlyName: sid,
  attributes: '{}',
  roleSid: 'RL1',
  dateCreated: 0,
  dateUpdated: 0,
});

describe('a stretch of a table', () => {
  let store: Store;
  afterEach(() => store.close());

  const seed = (count: number): void => {
    store = openStore(':memory:');
    for (let n = 0; n < count; n++) store.users.insert(user(`US${n}`));
  };
  const sids = (stretch: Parameters<Store['users']['page']>[1]) =>
    store.users.page('IS1', stretch).map(({ row }) => row.sid);

  it('begins at the first row, or at the last one when it is read downwards', () => {
    seed(4);
    expect(sids({ limit: 2 })).toEqual(['US0', 'US1']);
    expect(sids({ limit: 2, order: 'desc' })).toEqual(['US3', 'US2']);
  });

  it('goes back to the rows just before a place, in the same direction', () => {
    seed(5);
    const [, , , fourth] = store.users.page('IS1', { limit: 5 });
    expect(sids({ limit: 2, before: fourth!.place })).toEqual(['US1', 'US2']);
    const [, , , secondByDescent] = store.users.page('IS1', { limit: 5, order: 'desc' });
    expect(sids({ limit: 2, order: 'desc', before: secondByDescent!.place })).toEqual(['US3', 'US2']);
  });

  it('shows every row that stays exactly once and in order, whoever comes and goes meanwhile', () => {
    store = openStore(':memory:');
    // Participants are the rows that leave most often; they need a conversation to be in.
    store.conversations.insert({
      sid: 'CH1',
      accountSid: 'AC1',
      chatServiceSid: 'IS1',
      messagingServiceSid: 'MG1',
      friendlyName: null,
      uniqueName: null,
      attributes: '{}',
      state: 'active',
      stateUpdated: 0,
      createdBy: 'system',
      awaitedCreator: null,
      nextMessageIndex: 0,
      lastMessageIndex: null,
      lastMessageTimestamp: null,
      timerInactive: null,
      timerClosed: null,
      dateInactive: null,
      dateClosed: null,
      dateCreated: 0,
      dateUpdated: 0,
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ leaves: fc.nat(), joins: fc.nat({ max: 3 }) }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('asc' as const, 'desc' as const),
        (meanwhile, limit, order) => {
          for (const { row } of store.participants.page('CH1', { limit: 100 })) {
            store.participants.remove(row.sid);
          }
          let next = 0;
          const join = () => {
            const sid = `MB${next++}`;
            store.participants.insert({
              ...{ sid, identity: sid, conversationSid: 'CH1', roleSid: 'RL1', attributes: '{}' },
              messagingBinding: null,
              ...{ lastReadMessageIndex: null, lastReadTimestamp: null, notificationLevel: 'default' },
              ...{ dateCreated: 0, dateUpdated: 0 },
            });
            return sid;
          };
          const stayed = new Set(Array.from({ length: 9 }, join));
          const seen: string[] = [];
          let after: number | undefined;
          for (let round = 0; ; round++) {
            const page = store.participants.page('CH1', {
              limit,
              order,
              ...(after !== undefined && { after }),
            });
            if (page.length === 0) break;
            seen.push(...page.map(({ row }) => row.sid));
            after = page.at(-1)!.place;
            const change = meanwhile[round];
            if (!change) continue;
            const gone = `MB${change.leaves % next}`;
            store.participants.remove(gone);
            stayed.delete(gone);
            for (let n = 0; n < change.joins; n++) join();
          }
          expect(new Set(seen).size).toBe(seen.length);
          const expected = order === 'asc' ? [...stayed] : [...stayed].reverse();
          expect(seen.filter((sid) => stayed.has(sid))).toEqual(expected);
        },
      ),
    );
  });
});
