import type { Document } from 'yaml';
import { z } from 'zod';
import { isVisitorName } from './bot.js';
import { phraseOf } from './faq-words.js';

/** What a FAQ file says, with every list made a list. */
export interface Faq {
  identity: string;
  welcome?: readonly string[] | undefined;
  /** Said to a message that is only a file. */
  file?: readonly string[] | undefined;
  fallback: {
    say: readonly string[];
    /** How often in a row it may not understand before people take over. */
    handOverAfter?: number | undefined;
    handOverSay?: readonly string[] | undefined;
  };
  rules: readonly FaqRule[];
}

/** What is said or done when a message has certain words or phrases. */
export interface FaqRule {
  when: { any: readonly string[]; all: readonly string[]; none: readonly string[] };
  say?: readonly string[] | undefined;
  /** Why people take over. */
  handOver?: string | undefined;
  end?: true | undefined;
}

const LARGEST_FILE = 256 * 1024;
const MOST_PROBLEMS = 20;

/** Under the 32 KB that a message may have, however many bytes a character takes. */
const sentence = z.string().trim().min(1, 'is empty').max(8_000, 'is longer than 8000 characters');
/** No more than a bot may say in answer to one message. */
const sentences = oneOrMore(sentence, 5);
const reason = z.string().trim().min(1, 'is empty').max(200, 'is longer than 200 characters');
const phrase = z
  .string()
  .max(200, 'is longer than 200 characters')
  .refine((text) => phraseOf(text).trim() !== '', 'has no letter or digit to look for');
const phrases = oneOrMore(phrase, 200);

/** The short form, one text or a list, is `any`. */
const when = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { any: value }),
  z
    .strictObject({ any: phrases.optional(), all: phrases.optional(), none: phrases.optional() })
    .refine(({ any, all }) => any !== undefined || all !== undefined, 'needs any or all')
    .transform(({ any = [], all = [], none = [] }) => ({ any, all, none })),
);

const rule = z
  .strictObject({
    when,
    say: sentences.optional(),
    handOver: reason.optional(),
    end: z.literal(true, 'is not true').optional(),
  })
  .refine(({ say, handOver, end }) => say !== undefined || handOver !== undefined || end !== undefined, {
    message: 'does nothing: it needs say, handOver or end',
  })
  .refine(({ handOver, end }) => handOver === undefined || end === undefined, {
    message: 'hands over and ends: a conversation that has ended waits for nobody',
  });

const faqSchema: z.ZodType<Faq> = z.strictObject({
  identity: z
    .string()
    .min(1, 'is empty')
    .max(256, 'is longer than 256 characters')
    .refine((name) => !isVisitorName(name), 'has the shape of a visitor’s; take a name such as faq-bot')
    .default('faq-bot'),
  welcome: sentences.optional(),
  file: sentences.optional(),
  fallback: z.strictObject({
    say: sentences,
    handOverAfter: z
      .int('is not a whole number')
      .min(1, 'is less than 1')
      .max(20, 'is more than 20')
      .optional(),
    handOverSay: sentences.optional(),
  }),
  rules: z.array(rule).min(1, 'is empty').max(1000, 'has more than 1000 rules'),
});

/** The outcome of {@link readFaq}: each problem names the file and the line. */
export type FaqReading = { ok: true; faq: Faq } | { ok: false; problems: readonly string[] };

/**
 * Reads a FAQ file. Total: whatever the text is, it gives the rules or a list of what is wrong with it, and never rejects.
 *
 * @example
 * const reading = await readFaq(await readFile('faq.yaml', 'utf8'), 'faq.yaml');
 * if (!reading.ok) throw new Error(reading.problems.join('\n'));
 */
export async function readFaq(text: string, fileName: string): Promise<FaqReading> {
  const refuse = (...problems: string[]): FaqReading => ({
    ok: false,
    problems: problems.slice(0, MOST_PROBLEMS),
  });
  if (Buffer.byteLength(text) > LARGEST_FILE) return refuse(`${fileName}: is larger than 256 KB.`);
  // A server without this bot loads no parser.
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const at = (offset: number): string => `${fileName}:${Math.max(1, lines.linePos(offset).line)}`;
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    // A tag that nobody knows is only a warning to the parser; here it is something that would be ignored.
    const wrong = [...document.errors, ...document.warnings];
    if (wrong.length > 0) return refuse(...wrong.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
    // No aliases: a few lines of them unfold to gigabytes.
    const parsed = faqSchema.safeParse(document.toJS({ maxAliasCount: 0 }), { error: sayWhatIsWrong });
    if (parsed.success) return { ok: true, faq: parsed.data };
    return refuse(
      ...parsed.error.issues.map(({ path, message }) => {
        const place = path
          .map((key) => (typeof key === 'number' ? `[${key + 1}]` : `.${String(key)}`))
          .join('');
        return `${at(offsetOf(document, path))}: ${place.slice(1) || 'the file'} ${message}.`;
      }),
    );
  } catch (error) {
    const aliases = error instanceof ReferenceError;
    return refuse(
      `${fileName}: ${aliases ? 'uses anchors and aliases (& and *), which are not taken here' : 'is nested too deeply to be read'}.`,
    );
  }
}

function oneOrMore(entry: z.ZodType<string, string>, most: number): z.ZodType<string[], string | string[]> {
  return z.preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(entry).min(1, 'is empty').max(most, `has more than ${most} entries`),
  ) as unknown as z.ZodType<string[], string | string[]>;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text; put it in quotes',
  array: 'a list, or text in quotes',
  object: 'a table of names and values',
};

function sayWhatIsWrong(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') return `has ${issue.keys.join(', ')}, which nothing reads`;
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined ? 'is missing' : `is not ${TYPES[issue.expected] ?? issue.expected}`;
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return 0;
}

function hasRange(node: unknown): node is { range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
