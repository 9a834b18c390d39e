import { afterEach, describe, expect, test } from 'vitest';
import type { Tabs } from '../ports.js';
import { createOpenTabs } from './open-tabs.js';

type PageWindow = Parameters<typeof createOpenTabs>[0];

const opened: Tabs[] = [];
afterEach(() => {
  for (const tab of opened.splice(0)) tab.close();
});

/** Windows of one browser that share storage, and whose BroadcastChannel is `channel`. */
function browser(channel: unknown) {
  const values = new Map<string, string>();
  const windows: { target: EventTarget; window: PageWindow }[] = [];
  const written: string[] = [];
  const open = (blocked = false): PageWindow => {
    const target = new EventTarget();
    const change = (key: string, newValue: string | null): void => {
      if (blocked) throw new DOMException('No.', 'SecurityError');
      // As browsers do: no event for a value that is the same, and none in the window that wrote.
      if ((values.get(key) ?? null) === newValue) return;
      if (newValue === null) values.delete(key);
      else values.set(key, newValue);
      if (newValue !== null) written.push(newValue);
      const event = Object.assign(new Event('storage'), { key, newValue });
      for (const other of windows) if (other.target !== target) other.target.dispatchEvent(event);
    };
    const window = Object.assign(target, {
      BroadcastChannel: channel,
      localStorage: {
        setItem: change,
        removeItem: (key: string) => change(key, null),
      },
    }) as unknown as PageWindow;
    windows.push({ target, window });
    return window;
  };
  return { open, values, written, windows };
}

function tab(window: PageWindow, name: string, byStorage = true) {
  const heard: unknown[] = [];
  let told = (): void => {};
  const tabs = createOpenTabs(window, byStorage)(name, (message) => {
    heard.push(message);
    told();
  });
  opened.push(tabs);
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      told = () => heard.length >= count && resolve();
      told();
    });
  return { ...tabs, heard, until };
}

const refused = class {
  constructor() {
    throw new DOMException('No.', 'SecurityError');
  }
};

describe.each([
  ['BroadcastChannel', globalThis.BroadcastChannel],
  ['storage, where there is no BroadcastChannel', undefined],
  ['storage, where BroadcastChannel throws', refused],
])('tabs by %s', (_, channel) => {
  test('hear each other, every time, and not themselves, nor another installation', async () => {
    const { open, values } = browser(channel);
    const [one, two, other] = [tab(open(), 'chat'), tab(open(), 'chat'), tab(open(), 'elsewhere')];
    one.tell({ kind: 'draft', text: 'a' });
    one.tell({ kind: 'draft', text: 'a' });
    two.tell({ kind: 'forget' });
    await two.until(2);
    await one.until(1);
    other.tell({ kind: 'forget' });
    two.tell({ kind: 'last' });
    await one.until(2);
    expect(two.heard).toEqual([
      { kind: 'draft', text: 'a' },
      { kind: 'draft', text: 'a' },
    ]);
    expect(one.heard).toEqual([{ kind: 'forget' }, { kind: 'last' }]);
    expect(other.heard).toEqual([]);
    expect([...values]).toEqual([]);
  });

  test('hear nothing more once they are closed, and may be told to still', async () => {
    const { open } = browser(channel);
    const [one, two, three] = [tab(open(), 'chat'), tab(open(), 'chat'), tab(open(), 'chat')];
    two.close();
    one.tell({ kind: 'forget' });
    await three.until(1);
    expect(two.heard).toEqual([]);
    expect(() => two.tell({ kind: 'forget' })).not.toThrow();
  });
});

describe('tabs by storage', () => {
  test('pass over what others write under their key', () => {
    const { open, windows } = browser(undefined);
    const one = tab(open(), 'chat');
    for (const newValue of ['', '{', 'null', '1', '"a"', '[]', '{}']) {
      windows[0]?.target.dispatchEvent(Object.assign(new Event('storage'), { key: 'chat:told', newValue }));
    }
    windows[0]?.target.dispatchEvent(Object.assign(new Event('storage'), { key: 'other', newValue: '{}' }));
    expect(one.heard.filter((message) => message !== undefined)).toEqual([]);
  });

  test('are silent where storage refuses', () => {
    const { open } = browser(undefined);
    expect(() => tab(open(true), 'chat').tell({ kind: 'forget' })).not.toThrow();
  });

  test('are not used where the chat keeps nothing there', () => {
    const { open, written } = browser(undefined);
    const [one, two] = [tab(open(), 'chat', false), tab(open(), 'chat', false)];
    one.tell({ kind: 'forget' });
    expect(two.heard).toEqual([]);
    expect(written).toEqual([]);
  });
});
