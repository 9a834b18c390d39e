import { describe, expect, it, onTestFinished } from 'vitest';
import { addConversation } from './conversations/add-conversation.js';
import { createDomain } from './conversations/domain.js';
import { openStore } from './store/store.js';

const by = { source: 'API', webhooksEnabled: false } as const;

function domainForTest() {
  const store = openStore(':memory:');
  onTestFinished(store.close);
  const lines: string[] = [];
  const domain = createDomain({
    store,
    accountSid: 'AC1',
    serviceSid: 'IS1',
    log: (line) => lines.push(line),
  });
  return { domain, lines };
}

describe('facts', () => {
  it('are announced after commit, when everybody can read the change', () => {
    const { domain } = domainForTest();
    const seen: unknown[] = [];
    domain.facts.listen((fact) => {
      if (fact.type === 'conversation.added') {
        expect(() => domain.store.transaction(() => seen.push('in no transaction'))).not.toThrow();
        seen.push(domain.store.conversations.bySid(fact.conversation.sid)?.friendlyName);
      }
    });
    addConversation(domain, { by, friendlyName: 'one' });
    expect(seen).toEqual(['in no transaction', 'one']);
  });

  it('are not announced when a projection fails, and the change is undone', () => {
    const { domain } = domainForTest();
    const heard: string[] = [];
    domain.facts.project(() => {
      throw new Error('projection failed');
    });
    domain.facts.listen(({ type }) => heard.push(type));
    expect(() => addConversation(domain, { by })).toThrow('projection failed');
    expect(heard).toEqual([]);
    expect(domain.store.conversations.page('IS1', { limit: 10 })).toEqual([]);
  });

  it('reach every listener in the order of the commits, even when one commits in turn', () => {
    const { domain } = domainForTest();
    const second: (string | null)[] = [];
    domain.facts.listen((fact) => {
      if (fact.type === 'conversation.added' && fact.conversation.friendlyName === 'first') {
        addConversation(domain, { by, friendlyName: 'second' });
      }
    });
    domain.facts.listen((fact) => {
      if (fact.type === 'conversation.added') second.push(fact.conversation.friendlyName);
    });
    addConversation(domain, { by, friendlyName: 'first' });
    expect(second).toEqual(['first', 'second']);
  });

  it('are one transaction when a use case calls another', () => {
    const { domain } = domainForTest();
    const heard: string[] = [];
    domain.facts.listen(({ type }) => heard.push(type));
    expect(() =>
      domain.facts.commit(() => {
        addConversation(domain, { by });
        throw new Error('changed my mind');
      }),
    ).toThrow('changed my mind');
    expect(heard).toEqual([]);
    expect(domain.store.conversations.page('IS1', { limit: 10 })).toEqual([]);
  });

  it('are announced once for what was committed together, after the one commit', () => {
    const { domain } = domainForTest();
    const heard: (string | null)[] = [];
    domain.facts.listen((fact) => {
      if (fact.type === 'conversation.added') heard.push(fact.conversation.friendlyName);
    });
    domain.facts.together(() => {
      addConversation(domain, { by, friendlyName: 'first' });
      expect(() =>
        domain.facts.commit(() => {
          addConversation(domain, { by, friendlyName: 'refused' });
          throw new Error('changed my mind');
        }),
      ).toThrow('changed my mind');
      addConversation(domain, { by, friendlyName: 'second' });
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual(['first', 'second']);
    const kept = domain.store.conversations.page('IS1', { limit: 10 });
    expect(kept.map(({ row }) => row.friendlyName)).toEqual(['first', 'second']);
  });

  it('are not announced when what was committed together is undone', () => {
    const { domain } = domainForTest();
    const heard: string[] = [];
    domain.facts.listen(({ type }) => heard.push(type));
    expect(() =>
      domain.facts.together(() => {
        addConversation(domain, { by });
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect(heard).toEqual([]);
    expect(domain.store.conversations.page('IS1', { limit: 10 })).toEqual([]);
    addConversation(domain, { by });
    expect(heard).toEqual(['conversation.added']);
  });

  it('survive a listener that throws, which is logged', () => {
    const { domain, lines } = domainForTest();
    const heard: string[] = [];
    domain.facts.listen(() => {
      throw new Error('broken listener');
    });
    const stop = domain.facts.listen(({ type }) => heard.push(type));
    addConversation(domain, { by });
    expect(heard).toEqual(['conversation.added']);
    expect(lines).toEqual(['A listener failed on conversation.added: broken listener']);
    stop();
    addConversation(domain, { by });
    expect(heard).toHaveLength(1);
  });
});
