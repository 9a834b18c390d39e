import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { list, onOff, url, wholeNumber } from '../env-fields.js';
import { givenVariables, type WrongVariable, wrongVariables } from '../env-table.js';
import { type Log, silentLog } from '../log.js';
import { isSafeAddress } from '../safe-address.js';
import type { Bot } from './bot.js';
import { createFaqBot } from './faq-bot.js';
import { readFaq } from './faq-file.js';
import { createLlmBot, leastTokens } from './llm-bot.js';

/** What bots that come with the service are made of. */
export interface BotSources {
  env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  cwd: string;
  /** Told what bots cannot tell the host. Default: nobody. */
  log?: Log;
}

/**
 * The bot that was chosen and, where it needs longer than others, how many milliseconds; none; or the variables that
 * keep it from being made.
 */
export type BotReading =
  | { ok: true; bot?: Bot; limitMs?: number }
  | { ok: false; wrong: readonly WrongVariable[] };

const LARGEST_FILE = 256 * 1024;
/** For what a bot says and does when its model was too slow. */
const AFTER_ANSWER_MS = 5_000;

/** A name of a host, or all under it. */
const hosts = list.refine(
  (entries) =>
    entries.every((entry) => /^(?:\*\.)?[^*\s/:@?#]+$/.test(entry) && domainToASCII(entry.replace('*.', ''))),
  'has an entry that is not a host such as shop.example or *.shop.example',
);

const llmSchema = z.object({
  LLM_BASE_URL: url('http:', 'https:').refine(
    isSafeAddress,
    'is http:// to another machine: anybody on the way could read the key and what visitors write',
  ),
  LLM_API_KEY: z.string(),
  LLM_MODEL: z.string(),
  LLM_PROMPT_FILE: z.string(),
  LLM_FACTS_FILE: z.string().optional(),
  LLM_WELCOME: z.string().max(4_000, 'is longer than 4000 characters').optional(),
  LLM_HAND_OVER_SAY: z.string().max(4_000, 'is longer than 4000 characters').optional(),
  LLM_HAND_OVER_TOOL: onOff.default(true),
  LLM_ALLOWED_LINKS: hosts.default([]),
  LLM_SECONDS_PER_ANSWER: wholeNumber(1, 25).default(15),
  // A hundred messages are looked at, so after a restart no more than fifty answers are known.
  LLM_TURNS_PER_CONVERSATION: wholeNumber(1, 50).default(30),
  LLM_TOKENS_PER_CONVERSATION: wholeNumber(1000, 10_000_000).default(60_000),
  LLM_SECONDS_PER_CONVERSATION: wholeNumber(1, 36_000).default(300),
  LLM_TOKENS_PER_HOUR: wholeNumber(1000, 999_999_999).default(500_000),
});

const REMEDIES = {
  FAQ_FILE: 'The path of the file with the rules, such as ./faq.yaml.',
  LLM_BASE_URL: 'Where the model is, up to and with the version: https://llm.example/v1.',
  LLM_API_KEY: 'The key of that endpoint; any word where it needs none.',
  LLM_MODEL: 'The name of the model, as its endpoint calls it.',
  LLM_PROMPT_FILE: 'The path of a text that tells the model how to behave, at most 256 KB.',
  LLM_FACTS_FILE: 'The path of a text that it may quote, at most 256 KB, or leave it out.',
  LLM_WELCOME: 'What it says first, or leave it out.',
  LLM_HAND_OVER_SAY: 'What it says when people take over. Without it: an English sentence.',
  LLM_HAND_OVER_TOOL: 'off for models that take no tools. Without it: on.',
  LLM_ALLOWED_LINKS:
    'List the hosts that answers may link to, e.g. shop.example,*.shop.example. Without it: none.',
  LLM_SECONDS_PER_ANSWER: 'How long one answer may take. Without it: 15.',
  LLM_TURNS_PER_CONVERSATION: 'Answers before people take over, at most 50. Without it: 30.',
  LLM_TOKENS_PER_CONVERSATION: 'Tokens before people take over. Without it: 60000.',
  LLM_SECONDS_PER_CONVERSATION: 'Seconds of the model before people take over. Without it: 300.',
  LLM_TOKENS_PER_HOUR: 'Tokens of all conversations within an hour. Without it: 500000.',
} as const satisfies Record<'FAQ_FILE' | keyof typeof llmSchema.shape, string>;

/** The variables of bots that come with the service. */
export const SHIPPED_BOT_VARIABLES: readonly string[] = Object.keys(REMEDIES);

/** The bot of `BOT=faq`. Never rejects. */
export async function readFaqBot({ env, cwd }: BotSources): Promise<BotReading> {
  const { FAQ_FILE } = givenVariables(['FAQ_FILE'], env);
  if (FAQ_FILE === undefined) return refused([wrong('FAQ_FILE', 'is missing')]);
  const file = await readText(resolve(cwd, FAQ_FILE));
  if (!file.ok) return refused([wrong('FAQ_FILE', file.problem)]);
  const reading = await readFaq(file.text, FAQ_FILE);
  if (reading.ok) return { ok: true, bot: createFaqBot(reading.faq) };
  return refused(reading.problems.map((problem) => wrong('FAQ_FILE', `has a mistake: ${oneLine(problem)}`)));
}

/** The bot of `BOT=llm`. Never rejects. */
export async function readLlmBot({ env, cwd, log = silentLog }: BotSources): Promise<BotReading> {
  const given = givenVariables(Object.keys(llmSchema.shape), env);
  const parsed = llmSchema.safeParse(given);
  const prompt = await readGiven('LLM_PROMPT_FILE', given.LLM_PROMPT_FILE, cwd);
  const facts = await readGiven('LLM_FACTS_FILE', given.LLM_FACTS_FILE, cwd);
  const mistakes = [
    ...(parsed.success ? [] : wrongVariables(parsed.error.issues, given, REMEDIES)),
    ...[prompt, facts].flatMap((file) => (file.ok ? [] : [file.wrong])),
  ];
  if (!parsed.success || !prompt.ok || !facts.ok) return refused(mistakes);
  const { data } = parsed;
  const texts = { prompt: prompt.text ?? '', facts: facts.text };
  const least = leastTokens(texts);
  const tooSmall = (['LLM_TOKENS_PER_CONVERSATION', 'LLM_TOKENS_PER_HOUR'] as const)
    .filter((variable) => data[variable] < least)
    .map((variable) =>
      wrong(variable, `is less than one answer needs: with the prompt and the facts about ${least} tokens`),
    );
  if (tooSmall.length > 0) return refused(tooSmall);
  const answerMs = data.LLM_SECONDS_PER_ANSWER * 1000;
  const bot = await createLlmBot({
    baseUrl: data.LLM_BASE_URL,
    apiKey: data.LLM_API_KEY,
    model: data.LLM_MODEL,
    ...texts,
    welcome: data.LLM_WELCOME,
    handOverSay: data.LLM_HAND_OVER_SAY,
    handOverTool: data.LLM_HAND_OVER_TOOL,
    allowedLinks: data.LLM_ALLOWED_LINKS,
    answerMs,
    turnsPerConversation: data.LLM_TURNS_PER_CONVERSATION,
    tokensPerConversation: data.LLM_TOKENS_PER_CONVERSATION,
    secondsPerConversation: data.LLM_SECONDS_PER_CONVERSATION,
    tokensPerHour: data.LLM_TOKENS_PER_HOUR,
    log,
  });
  return { ok: true, bot, limitMs: answerMs + AFTER_ANSWER_MS };
}

type Variable = keyof typeof REMEDIES;

const wrong = (variable: Variable, problem: string): WrongVariable => ({
  variable,
  problem,
  remedy: REMEDIES[variable],
});

const refused = (mistakes: readonly WrongVariable[]): BotReading => ({ ok: false, wrong: mistakes });

async function readGiven(
  variable: Variable,
  path: string | undefined,
  cwd: string,
): Promise<{ ok: true; text: string | undefined } | { ok: false; wrong: WrongVariable }> {
  if (path === undefined) return { ok: true, text: undefined };
  const file = await readText(resolve(cwd, path));
  return file.ok ? file : { ok: false, wrong: wrong(variable, file.problem) };
}

async function readText(path: string): Promise<{ ok: true; text: string } | { ok: false; problem: string }> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return { ok: false, problem: 'names something that is not a file' };
    if (found.size > LARGEST_FILE) return { ok: false, problem: 'names a file larger than 256 KB' };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return text.trim() === '' ? { ok: false, problem: 'names an empty file' } : { ok: true, text };
  } catch (error) {
    const problem =
      error instanceof TypeError ? 'names a file that is not UTF-8 text' : 'names a file that cannot be read';
    return { ok: false, problem };
  }
}

/** A table's row has one line. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
