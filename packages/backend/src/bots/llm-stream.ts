import type { ClientOptions, OpenAI } from 'openai';
import { z } from 'zod';
import type { PromptMessage } from './llm-prompt.js';

/** Where a model is and how it is asked. */
export interface LlmEndpoint {
  /** Up to and with the version, e.g. `https://llm.example/v1`. */
  baseUrl: string;
  apiKey: string;
  model: string;
  /** Whether the model is offered the tool to hand over; some models take no tools. */
  handOverTool: boolean;
  /** Tokens that an answer may have. */
  answerTokens: number;
  /** Default: the global one. */
  fetch?: typeof fetch | undefined;
}

/** What comes of an answer, in its order. */
export type LlmEvent =
  | { type: 'text'; text: string }
  | { type: 'refusal' }
  | { type: 'hand_over'; reason: string | undefined }
  | { type: 'usage'; tokens: number };

/** Asks a model. Rejects with an error of the client library, whose message may hold what was sent: never log it. */
export type AskModel = (messages: readonly PromptMessage[], signal: AbortSignal) => AsyncIterable<LlmEvent>;

const LARGEST_ANSWER_BYTES = 1024 * 1024;
const MOST_ARGUMENTS = 2_000;
const LONGEST_WAIT_MS = 1_000;
/** Headers by which the client library tells the endpoint what machine it runs on. */
const TELLING = [
  'lang',
  'package-version',
  'os',
  'arch',
  'runtime',
  'runtime-version',
  'retry-count',
  'timeout',
];

/** Takes a reason and nothing else: there is no conversation that a model could name. */
const handOverArguments = z.strictObject({ reason: z.string().max(1000) });

const HAND_OVER_TOOL: OpenAI.Chat.Completions.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'hand_over',
    description: 'Gives this conversation to a person of the business.',
    parameters: {
      type: 'object',
      properties: {
        reason: { type: 'string', description: 'What the person has to know, in one sentence.' },
      },
      required: ['reason'],
      additionalProperties: false,
    },
  },
};

/** Connects to an endpoint by the official client, which is loaded here and not before. */
export async function connectToModel(endpoint: LlmEndpoint): Promise<AskModel> {
  const { OpenAI } = await import('openai');
  const client = new OpenAI(clientOptions(endpoint));
  const tools = endpoint.handOverTool ? { tools: [HAND_OVER_TOOL] } : {};

  return async function* ask(messages, signal) {
    const stream = await client.chat.completions.create(
      {
        model: endpoint.model,
        messages: [...messages],
        max_completion_tokens: endpoint.answerTokens,
        stream: true,
        stream_options: { include_usage: true },
        ...tools,
      },
      { signal },
    );
    const calls = new Map<number, { name: string; arguments: string }>();
    let ended = false;
    for await (const chunk of stream) {
      // Endpoints differ in what they leave out, whatever the types say.
      const choice = chunk.choices?.[0];
      const delta = choice?.delta;
      if (choice?.finish_reason) ended = true;
      if (choice?.finish_reason === 'content_filter' || delta?.refusal) yield { type: 'refusal' };
      if (typeof delta?.content === 'string' && delta.content !== '')
        yield { type: 'text', text: delta.content };
      for (const part of Array.isArray(delta?.tool_calls) ? delta.tool_calls : []) addToCall(calls, part);
      if (chunk.usage) yield { type: 'usage', tokens: tokensIn(chunk.usage.total_tokens) };
    }
    // A line that breaks between two events looks like an end to the library.
    if (!ended) throw new Error('The answer of the model was cut off.');
    for (const call of calls.values()) {
      if (call.name === 'hand_over') yield { type: 'hand_over', reason: reasonIn(call.arguments) };
    }
  };
}

/** What may be logged of a failure: its message and its code are the endpoint's, and may repeat what was asked. */
export function failureFacts(error: unknown): { name?: string; status?: number; code?: string } {
  if (!(error instanceof Error)) return {};
  const { status } = error as { status?: unknown };
  const code = systemCode(error);
  return {
    name: error.constructor.name,
    ...(typeof status === 'number' ? { status } : code !== undefined && { code }),
  };
}

/** Why a connection failed, as in ECONNREFUSED: it stands in the cause of the cause. */
function systemCode(error: Error, depth = 0): string | undefined {
  const { cause } = error;
  if (!(cause instanceof Error) || depth > 3) return undefined;
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code : systemCode(cause, depth + 1);
}

function clientOptions({ baseUrl, apiKey, fetch: given = fetch }: LlmEndpoint): ClientOptions {
  return {
    baseURL: baseUrl,
    apiKey,
    // What is not named here would be read from the environment.
    organization: null,
    project: null,
    webhookSecret: null,
    adminAPIKey: null,
    logLevel: 'off',
    maxRetries: 1,
    defaultHeaders: Object.fromEntries(TELLING.map((name) => [`x-stainless-${name}`, null])),
    // Another address than the operator's would see the key and what visitors wrote.
    fetch: async (input, init) =>
      withoutLongWait(bounded(await given(input, { ...init, redirect: 'error' }))),
  };
}

/**
 * The library waits as long as an endpoint says before it tries again, and no signal ends that; meanwhile the time for
 * telling the visitor runs out. Whoever wants a longer wait is not asked again.
 */
function withoutLongWait(response: Response): Response {
  const { headers } = response;
  const [ms, seconds] = ['retry-after-ms', 'retry-after'].map((name) => Number(headers.get(name) ?? 0));
  const isShort = Number(ms) <= LONGEST_WAIT_MS && Number(seconds) * 1000 <= LONGEST_WAIT_MS;
  // A date is no number, and so it is not short either.
  if (!isShort) headers.set('x-should-retry', 'false');
  return response;
}

/** Ends an answer that has no end. The library waits for a line's end before it gives anything on. */
function bounded(response: Response): Response {
  let bytes = 0;
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > LARGEST_ANSWER_BYTES)
          controller.error(new Error('The answer of the model is too large.'));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Response(body ?? null, response);
}

function addToCall(
  calls: Map<number, { name: string; arguments: string }>,
  part: OpenAI.Chat.Completions.ChatCompletionChunk.Choice.Delta.ToolCall,
): void {
  if (calls.size >= 8 && !calls.has(part.index)) return;
  const call = calls.get(part.index) ?? { name: '', arguments: '' };
  call.name += part.function?.name ?? '';
  if (call.arguments.length < MOST_ARGUMENTS) call.arguments += part.function?.arguments ?? '';
  calls.set(part.index, call);
}

function tokensIn(total: unknown): number {
  return typeof total === 'number' && Number.isFinite(total) && total > 0 ? total : 0;
}

function reasonIn(text: string): string | undefined {
  try {
    return handOverArguments.parse(JSON.parse(text)).reason;
  } catch {
    return undefined;
  }
}
