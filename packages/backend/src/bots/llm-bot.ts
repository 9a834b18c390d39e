import { wasHandedOverBy } from '../handover.js';
import { type Log, silentLog } from '../log.js';
import { isSafeAddress } from '../safe-address.js';
import { type Bot, type BotContext, type BotMessage, defineBot, type PastMessage } from './bot.js';
import { type AllowedLinks, keepAllowedLinks } from './link-policy.js';
import { createLlmBudget, type LlmBudgetLimits } from './llm-budget.js';
import { estimateTokens, type Instructions, type PromptMessage, promptFor, RULES } from './llm-prompt.js';
import { type AskModel, connectToModel, failureFacts, type LlmEndpoint } from './llm-stream.js';
import { plainText } from './plain-text.js';
import { HELD_BACK, type LeakWatch, watchForPrompt } from './prompt-leak.js';
import { redact } from './redaction.js';

/** What {@link createLlmBot} takes. */
export interface LlmBotOptions
  extends Omit<LlmEndpoint, 'handOverTool' | 'answerTokens'>,
    Instructions,
    Partial<LlmBudgetLimits> {
  /** The author of its messages. Default `assistant`. */
  identity?: string | undefined;
  /** Said first in a new conversation. */
  welcome?: string | undefined;
  /** Said when people take over. Default: an English sentence. */
  handOverSay?: string | undefined;
  /** Hosts that answers may link to, `shop.example` or `*.shop.example`. Default none. */
  allowedLinks?: AllowedLinks | undefined;
  /** Whether the model may hand over by itself. Default true; some models take no tools. */
  handOverTool?: boolean | undefined;
  /** Tokens that one answer may have. Default 600. */
  answerTokens?: number | undefined;
  /** Milliseconds that one answer may take. Below the host's `botLimitMs`, or nobody can be told. Default 6000. */
  answerMs?: number | undefined;
  /** Messages of the conversation that the model is given. Default 20. */
  historyMessages?: number | undefined;
  /** Told of answers that failed, without what was said. */
  log?: Log | undefined;
  /** Milliseconds. Default: the system's clock. */
  now?: (() => number) | undefined;
}

/** What an answer came to. */
interface Outcome {
  /** What may be shown of it. */
  text: string;
  /** Why people take over, when they do. */
  handOver?: string;
  /** Whether what was shown already has to go. */
  withdrawn?: boolean;
}

const ANSWER_TOKENS = 600;
const TOKENS_PER_CONVERSATION = 60_000;
const TOKENS_PER_HOUR = 500_000;
const LONGEST_ANSWER = 8_000;
/** Characters after which an answer that grows is looked at again; a long one, by this part of its length. */
const STEP = 24;
const STEP_OF_LENGTH = 1 / 16;
const LONGEST_REASON = 200;
const HAND_OVER_SAY = 'I am asking a colleague to take over. Please stay here.';

/** About how many tokens an answer takes at least: what is sent each time, and what may come back. */
export function leastTokens(options: Instructions & Pick<LlmBotOptions, 'answerTokens'>): number {
  const prompt = promptFor(options, [], { body: '' });
  return tokensOf(prompt, options.answerTokens ?? ANSWER_TOKENS);
}

const tokensOf = (prompt: readonly PromptMessage[], answerTokens: number): number =>
  prompt.reduce((sum, { content }) => sum + estimateTokens(content), answerTokens);

/**
 * A bot that lets a language model answer, at any endpoint that is compatible with OpenAI's chat completions. Answers
 * are shown while they grow. What a model writes is not trusted: links go to allowed hosts only, and it can do nothing
 * but talk and hand this one conversation over, which also happens when a budget is used up or an answer fails.
 *
 * @throws TypeError when the identity could be a visitor's, when the address is http to another machine, and when the
 * budget for tokens is less than one answer needs.
 * @example
 * const bot = await createLlmBot({ baseUrl: 'https://llm.example/v1', apiKey, model: 'small', prompt: 'You help …' });
 */
export async function createLlmBot(options: LlmBotOptions): Promise<Bot> {
  const {
    handOverTool = true,
    answerTokens = ANSWER_TOKENS,
    answerMs = 6_000,
    historyMessages = 20,
  } = options;
  const {
    welcome,
    handOverSay = HAND_OVER_SAY,
    allowedLinks = [],
    log = silentLog,
    now = Date.now,
  } = options;
  const { tokensPerConversation = TOKENS_PER_CONVERSATION, tokensPerHour = TOKENS_PER_HOUR } = options;
  if (!isSafeAddress(options.baseUrl)) {
    throw new TypeError(
      'The address of the model has to be https: the key and what visitors write go there.',
    );
  }
  const least = leastTokens(options);
  if (least > Math.min(tokensPerConversation, tokensPerHour)) {
    throw new TypeError(
      `The budget has to be at least ${least} tokens: the prompt and the facts are sent each time.`,
    );
  }
  const askModel = await connectToModel({ ...options, handOverTool, answerTokens });
  const watch = watchForPrompt(`${options.prompt}\n${RULES}`);
  const budget = createLlmBudget(
    {
      turnsPerConversation: options.turnsPerConversation ?? 30,
      tokensPerConversation,
      secondsPerConversation: options.secondsPerConversation ?? 300,
      tokensPerHour,
    },
    now,
  );

  /** Calls people first: who is told that they come must not wait for nobody after a crash in between. */
  async function giveUp(
    context: BotContext,
    reason: string,
    say: () => Promise<void> = () => context.reply(handOverSay),
  ): Promise<void> {
    try {
      await context.handOver(reason);
    } finally {
      await say();
    }
  }

  /**
   * Goes on where a crash cut an answer off, and resolves to whether there was one. The model is not asked again: it
   * would say something else, of which nothing fits to what was said.
   */
  async function goOn(message: BotMessage, context: BotContext): Promise<boolean> {
    const said = await context.saidBefore();
    const { handover } = await context.attributes();
    if (!wasHandedOverBy({ handover }, message.sid)) return said.length > 0;
    await giveUp(context, 'The bot was interrupted.', async () => {
      // Replies are recognised by their order.
      for (const { body } of said) await context.reply(body);
      if (said.at(-1)?.body !== handOverSay) await context.reply(handOverSay);
    });
    return true;
  }

  async function answer(message: BotMessage, context: BotContext): Promise<void> {
    const { conversationSid } = context;
    const history = await context.history(100);
    const prompt = promptFor(options, history.slice(-historyMessages), message);
    const estimate = tokensOf(prompt, answerTokens);
    const turn = budget.take(conversationSid, estimate, answersIn(history));
    if (typeof turn === 'string') {
      log.warn({ event: 'llm_answer', outcome: turn, conversationSid }, 'model not asked: budget used up');
      return giveUp(context, 'The bot has used up its budget.');
    }
    void context.typing().catch(() => {});
    const started = now();
    let tokens: number | undefined;
    const reply = context.growingReply();
    let shown = '';
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(answerMs)]);
    const outcome = await listen(askModel(prompt, signal), {
      watch,
      clean: (text) => keepAllowedLinks(text, allowedLinks),
      show(text) {
        shown = text;
        reply.update(text);
      },
      used(count) {
        tokens = count;
      },
      failed(error) {
        // A colleague took over, or the host's own limit came first and is logged there.
        if (context.signal.aborted) return;
        const facts = failureFacts(error);
        log.error({ event: 'llm_answer', outcome: 'failed', conversationSid, ...facts }, 'model failed');
      },
    }).finally(() => turn.settle({ tokens, ms: now() - started }));

    const { text, handOver, withdrawn } = outcome;
    if (handOver === undefined) return reply.finish(text);
    await giveUp(context, handOver, async () => {
      if (withdrawn && shown !== '') return reply.finish(handOverSay);
      if (text !== '' && !withdrawn) await reply.finish(text);
      await context.reply(handOverSay);
    });
  }

  return defineBot({
    identity: options.identity ?? 'assistant',
    ...(welcome !== undefined && { onConversationAdded: () => welcome }),
    onMessageAdded: async (message, context) => {
      if (!(await goOn(message, context))) await answer(message, context);
      return null;
    },
  });
}

interface Listener {
  watch: () => LeakWatch;
  /** Takes out of a text what must not be shown. */
  clean(text: string): string;
  show(text: string): void;
  used(tokens: number): void;
  failed(error: unknown): void;
}

/** Follows an answer to its end, and shows what has been looked at. Never rejects. */
async function listen(events: ReturnType<AskModel>, listener: Listener): Promise<Outcome> {
  const { clean, show } = listener;
  const watch = listener.watch();
  const leaked: Outcome = { text: '', withdrawn: true, handOver: 'The bot answered with its instructions.' };
  let raw = '';
  let looked = 0;
  let handOver: string | undefined;
  let refused = false;
  const finalText = (more = ''): string => clean(plainText(raw).trim() + more);
  try {
    for await (const event of events) {
      if (event.type === 'usage') listener.used(event.tokens);
      if (event.type === 'refusal') refused = true;
      if (event.type === 'hand_over') {
        handOver = reasonFor(event.reason, clean);
        // A watch looks at one text that grows; this is another.
        if (listener.watch().leaksIn(handOver)) return leaked;
      }
      if (event.type !== 'text') continue;
      raw += event.text;
      if (raw.length > LONGEST_ANSWER) break;
      if (raw.length - looked < Math.max(STEP, looked * STEP_OF_LENGTH)) continue;
      looked = raw.length;
      const plain = plainText(raw);
      if (watch.leaksIn(plain)) return leaked;
      const visible = clean(withoutNewest(plain).trim());
      if (visible !== '') show(visible);
    }
  } catch (error) {
    listener.failed(error);
    if (watch.leaksIn(plainText(raw))) return leaked;
    const text = finalText('…');
    return { text: raw.trim() === '' ? '' : text, handOver: 'The language model did not answer.' };
  }
  const long = raw.length > LONGEST_ANSWER;
  if (long) raw = raw.slice(0, LONGEST_ANSWER);
  if (watch.leaksIn(plainText(raw))) return leaked;
  if (refused) return { text: '', withdrawn: true, handOver: 'The language model refused to answer.' };
  const text = finalText(long ? '…' : '');
  if (handOver !== undefined) return { text, handOver };
  return text === '' ? { text, handOver: 'The language model gave no answer.' } : { text };
}

/** The part that is shown while more is to come: whole words, and so far from the end that a leak was recognised. */
function withoutNewest(text: string): string {
  let end = text.length;
  for (let letters = 0; end > 0 && letters < HELD_BACK; end -= 1) {
    if (/[\p{L}\p{N}]/u.test(text[end - 1] ?? '')) letters += 1;
  }
  return text.slice(0, Math.max(0, text.slice(0, end).search(/\s\S*$/)));
}

function reasonFor(given: string | undefined, clean: (text: string) => string): string {
  const reason = clean(redact(plainText(given ?? '').replaceAll('\n', ' '))).trim();
  return reason === '' ? 'The bot asked for a person.' : reason.slice(0, LONGEST_REASON);
}

/** Answers that the conversation holds: the messages that answer one message are one. */
function answersIn(history: readonly PastMessage[]): number {
  const answered = history.filter(({ own }) => own).map(({ attributes }) => attributes.inReplyTo);
  return new Set(answered.filter((sid) => typeof sid === 'string')).size;
}
