import { type Bot, type BotContext, type BotMessage, defineBot } from './bot.js';
import type { Faq, FaqRule } from './faq-file.js';
import { holds, phraseOf, type Words, wordsOf } from './faq-words.js';

/** A message is at most 32 KB; what is looked at is less, so that the time for one is bounded whatever it holds. */
const LONGEST_QUESTION = 4_000;
const MISSED = 'missed';

/**
 * A bot that answers by the rules of a FAQ file: the first rule whose words are in the message wins, whole words, in
 * any case and with or without accents. How often in a row it did not understand stands in its own messages'
 * attributes, so it survives restarts.
 *
 * @example
 * const reading = await readFaq(text, 'faq.yaml');
 * if (reading.ok) createFaqBot(reading.faq);
 */
export function createFaqBot(faq: Faq): Bot {
  const rules = faq.rules.map((rule) => ({ ...rule, matches: matcher(rule) }));
  const { welcome, fallback } = faq;

  async function miss(context: BotContext): Promise<void> {
    const { handOverAfter } = fallback;
    const missed = handOverAfter === undefined ? 1 : (await missesInRow(context)) + 1;
    if (handOverAfter === undefined || missed < handOverAfter) {
      await say(context, fallback.say, { [MISSED]: missed });
      return;
    }
    await say(context, fallback.handOverSay ?? fallback.say);
    await context.handOver('The bot did not understand.');
  }

  async function answer({ body }: BotMessage, context: BotContext): Promise<void> {
    if (body.trim() === '' && faq.file) return say(context, faq.file);
    const words = wordsOf(body.slice(0, LONGEST_QUESTION));
    const rule = rules.find(({ matches }) => matches(words));
    if (!rule) return miss(context);
    await say(context, rule.say ?? []);
    if (rule.handOver !== undefined) await context.handOver(rule.handOver);
    if (rule.end) await context.end();
  }

  return defineBot({
    identity: faq.identity,
    ...(welcome && { onConversationAdded: () => welcome }),
    // Said by the context and not given back: after handing over or ending it would be too late to speak.
    onMessageAdded: async (message, context) => {
      await answer(message, context);
      return null;
    },
  });
}

function matcher({ when }: FaqRule): (words: Words) => boolean {
  const [any, all, none] = [when.any, when.all, when.none].map((list) => list.map(phraseOf));
  return (words) => {
    const held = (phrase: Words): boolean => holds(words, phrase);
    return (any?.length ? any.some(held) : true) && all?.every(held) === true && !none?.some(held);
  };
}

async function say(
  context: BotContext,
  sentences: readonly string[],
  attributes?: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const body of sentences) await context.reply({ body, ...(attributes && { attributes }) });
}

async function missesInRow(context: BotContext): Promise<number> {
  const last = (await context.history(20)).filter(({ own }) => own).at(-1);
  const missed = last?.attributes[MISSED];
  return typeof missed === 'number' && Number.isSafeInteger(missed) && missed > 0 ? missed : 0;
}
