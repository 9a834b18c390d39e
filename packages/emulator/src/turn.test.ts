import { describe, expect, it, onTestFinished } from 'vitest';
import { addConversation } from './conversations/add-conversation.js';
import { createDomain } from './conversations/domain.js';
import { openStore } from './store/store.js';
import { createTurn } from './turn.js';

const by = { source: 'API', webhooksEnabled: false } as const;

function turnForTest() {
  const store = openStore(':memory:');
  onTestFinished(store.close);
  const domain = createDomain({ store, accountSid: 'AC1', serviceSid: 'IS1' });
  const said: string[] = [];
  domain.facts.listen((fact) => {
    if (fact.type === 'conversation.added') said.push(`announced ${fact.conversation.friendlyName}`);
  });
  const turn = createTurn<string>(domain.facts, (result) => result.startsWith('last'));
  const add = (name: string, run: () => string = () => name, alone = false) =>
    turn.add({
      alone,
      run() {
        addConversation(domain, { by, friendlyName: name });
        return run();
      },
      settle: (result) => void said.push(`settled ${result}`),
      fail: (error) => void said.push(`failed ${name}: ${(error as Error).message}`),
    });
  const kept = () => store.conversations.page('IS1', { limit: 10 }).map(({ row }) => row.friendlyName);
  return { turn, add, said, kept };
}

describe('a turn', () => {
  it('is carried out by itself once the loop has read its sockets, and settled after all was announced', async () => {
    const { add, said } = turnForTest();
    add('a');
    add('b');
    expect(said).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual(['announced a', 'announced b', 'settled a', 'settled b']);
  });

  it('settles what must not see later work before it does that work', () => {
    const { turn, add, said } = turnForTest();
    add('a');
    add('last of its group');
    add('b');
    turn.finish();
    expect(said).toEqual([
      'announced a',
      'announced last of its group',
      'settled a',
      'settled last of its group',
      'announced b',
      'settled b',
    ]);
  });

  it('fails what was under way when the store gives up, keeps nothing of it, and does the rest', () => {
    const { turn, add, said, kept } = turnForTest();
    add('a');
    add('b', () => {
      throw new Error('disk full');
    });
    add('c');
    turn.finish();
    expect(said).toEqual(['failed a: disk full', 'failed b: disk full', 'announced c', 'settled c']);
    expect(kept()).toEqual(['c']);
  });

  it('commits by itself what must be alone, after what came before it and before what comes after', () => {
    const { turn, add, said } = turnForTest();
    add('a');
    add('b');
    add('alone', undefined, true);
    add('alone too', undefined, true);
    add('c');
    turn.finish();
    expect(said).toEqual([
      ...['announced a', 'announced b', 'settled a', 'settled b'],
      ...['announced alone', 'settled alone', 'announced alone too', 'settled alone too'],
      ...['announced c', 'settled c'],
    ]);
  });
});
