import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bot, defineBot } from './bot.js';
import {
  type BotReading,
  type BotSources,
  readFaqBot,
  readLlmBot,
  SHIPPED_BOT_VARIABLES,
} from './bot-environment.js';
import { shopBot } from './shop-bot.js';

/** What `BOT` may say besides the path of a module. */
const BOTS: Readonly<Record<string, (sources: BotSources) => BotReading | Promise<BotReading>>> = {
  none: () => ({ ok: true }),
  shop: () => ({ ok: true, bot: shopBot }),
  faq: readFaqBot,
  llm: readLlmBot,
};

/** The variables that say which bot it is, and what that one needs. */
export const BOT_VARIABLES: readonly string[] = ['BOT', ...SHIPPED_BOT_VARIABLES];

const REMEDY = `One of ${Object.keys(BOTS).join(', ')}, or the path of a module such as ./my-bot.mjs, with a slash in it.`;

/**
 * The bot that `BOT` names: one that comes with the service, or a module's default export; without it, none. Never
 * rejects.
 */
export async function chooseBot(sources: BotSources): Promise<BotReading> {
  const choice = sources.env.BOT?.trim() || 'none';
  const known = Object.hasOwn(BOTS, choice) ? BOTS[choice] : undefined;
  if (known) return await known(sources);
  if (!/[\\/]/.test(choice)) return wrong(`is neither a bot's name nor a path`);
  try {
    const module: { default?: unknown } = await import(pathToFileURL(resolve(sources.cwd, choice)).href);
    const bot = module.default;
    if (typeof bot !== 'object' || bot === null) {
      return wrong('names a module whose default export is no bot: write export default defineBot(…)');
    }
    return { ok: true, bot: defineBot(bot as Bot) };
  } catch (error) {
    return wrong(`names a module that cannot be used: ${sentenceOf(error)}`);
  }
}

function wrong(problem: string): BotReading {
  return { ok: false, wrong: [{ variable: 'BOT', problem, remedy: REMEDY }] };
}

/** A table's row has one line. */
function sentenceOf(error: unknown): string {
  return error instanceof Error
    ? (error.message.split('\n', 1)[0] ?? '')
    : 'it threw something that is no error';
}
