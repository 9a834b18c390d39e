import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOptionTable } from '../options-table.mjs';
import { isTheme, readOptions } from './config.js';

const quiet = (): void => {};
const standard = readOptions({}, quiet);
const names = Object.keys(standard);

function reading(source: Record<string, unknown>): {
  options: ReturnType<typeof readOptions>;
  complaints: string[];
} {
  const complaints: string[] = [];
  return { options: readOptions(source, (sentence) => complaints.push(sentence)), complaints };
}

describe('options', () => {
  it('have their defaults when nothing is set', () => {
    expect(standard).toEqual({
      tokenServiceUrl: '',
      realtimeUrl: '',
      key: 'default',
      appId: '',
      open: false,
      position: 'right',
      offsetX: 20,
      offsetY: 20,
      zIndex: 2147483000,
      hideLauncher: false,
      theme: 'light',
      title: 'Chat with us',
      storage: 'local',
      nonce: '',
    });
  });

  it('are read from attributes, where everything is text', () => {
    const { options, complaints } = reading({
      open: '',
      offsetX: '0',
      position: 'left',
      hideLauncher: 'false',
      title: 'Ask us',
    });
    expect(options).toMatchObject({
      open: true,
      offsetX: 0,
      position: 'left',
      hideLauncher: false,
      title: 'Ask us',
    });
    expect(complaints).toEqual([]);
  });

  it('are read from script with their own types', () => {
    const { options, complaints } = reading({ open: true, zIndex: 10, theme: 'dark' });
    expect(options).toMatchObject({ open: true, zIndex: 10, theme: 'dark' });
    expect(complaints).toEqual([]);
  });

  it('take an empty text, null and undefined for not set', () => {
    const { options, complaints } = reading({
      tokenServiceUrl: '',
      title: null,
      offsetX: undefined,
      position: '',
    });
    expect(options).toEqual(standard);
    expect(complaints).toEqual([]);
  });

  it('keep the default and complain once for each value or name that means nothing', () => {
    const { options, complaints } = reading({
      offsetX: 'wide',
      position: 'top',
      open: 'perhaps',
      colour: 'red',
      title: {},
    });
    expect(options).toMatchObject(standard);
    expect(complaints).toHaveLength(5);
    expect(complaints.join()).toMatch(/offsetX.*position.*open.*title.*colour|colour/);
  });

  it('do not take what a page put on Object.prototype for set', () => {
    let title = '';
    Object.defineProperty(Object.prototype, 'title', {
      value: 'polluted',
      configurable: true,
      enumerable: true,
    });
    try {
      title = readOptions({}, quiet).title;
    } finally {
      Reflect.deleteProperty(Object.prototype, 'title');
    }
    expect(title).toBe('Chat with us');
  });

  it('come out whole, whatever the attributes say', () => {
    const anyName = fc.oneof(fc.constantFrom(...names, '__proto__', 'constructor', 'toString'), fc.string());
    fc.assert(
      fc.property(fc.dictionary(anyName, fc.string()), (attributes) => {
        const { options } = reading(attributes);
        for (const name of names) {
          const value = options[name as keyof typeof options];
          expect(typeof value).toBe(typeof standard[name as keyof typeof standard]);
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
        }
        expect(['left', 'right']).toContain(options.position);
        expect(isTheme(options.theme)).toBe(true);
      }),
    );
  });

  it('come out whole, whatever script hands over', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything()), (source) => {
        const { options } = reading(source);
        for (const name of names) {
          const key = name as keyof typeof options;
          expect(typeof options[key]).toBe(typeof standard[key]);
        }
      }),
    );
  });
});

describe('the table of options', () => {
  it('names every option, its default, and what it is for', async () => {
    const rows = await readOptionTable();
    expect(rows.map(({ name }) => name)).toEqual(names);
    for (const row of rows) {
      expect(row.standard.replaceAll('`', '')).toBe(String(standard[row.name as keyof typeof standard]));
      expect(row.description).toMatch(/\.$/);
      // What the browser makes of the attribute must be the option's name again.
      const back = row.attribute
        .slice('data-'.length)
        .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      expect(back).toBe(row.name);
    }
  });
});
