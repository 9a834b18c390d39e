import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the endpoint was asked. */
export interface LlmRequest {
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: {
    model: string;
    stream: boolean;
    messages: { role: string; content: string }[];
    tools?: { function: { name: string } }[];
    max_completion_tokens?: number;
  };
}

/** One answer of the endpoint. */
export type LlmAnswer = (response: ServerResponse, request: LlmRequest) => void | Promise<void>;

/** A local endpoint of OpenAI's chat completions, which answers as a test says. */
export interface FakeLlm {
  baseUrl: string;
  requests: LlmRequest[];
  /** Answers from here on; the last one stays. */
  answer(...answers: LlmAnswer[]): void;
  close(): Promise<void>;
}

/** Starts an endpoint on a free port. What it is asked must be what such endpoints take, or it answers 400. */
export async function startFakeLlm(): Promise<FakeLlm> {
  const requests: LlmRequest[] = [];
  let answers: LlmAnswer[] = [says('Hello.')];

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const request: LlmRequest = {
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: JSON.parse(text),
    };
    requests.push(request);
    const { messages, stream } = request.body;
    const wellFormed =
      incoming.method === 'POST' &&
      incoming.url === '/v1/chat/completions' &&
      incoming.headers.authorization === 'Bearer llm-key-of-the-test' &&
      stream &&
      messages[0]?.role === 'system' &&
      messages.at(-1)?.role === 'user' &&
      messages.slice(1).every(({ role }) => role === 'user' || role === 'assistant');
    if (!wellFormed) return fails(400)(response, request);
    const [next = says('')] = answers;
    if (answers.length > 1) answers = answers.slice(1);
    await next(response, request);
  }

  const server = createServer(
    (incoming, response) => void serve(incoming, response).catch(() => response.destroy()),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answer: (...given) => {
      answers = given;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Begins a stream. */
export function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** Sends one piece of an answer. */
export function piece(response: ServerResponse, delta: object, finish: string | null = null): void {
  const chunk = {
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

/** Ends a stream as such endpoints do. */
export function end(response: ServerResponse, finish = 'stop', tokens = 100): void {
  piece(response, {}, finish);
  response.write(`data: ${JSON.stringify({ choices: [], usage: { total_tokens: tokens } })}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** Answers with this text, a few characters at a time. */
export function says(text: string, tokens?: number): LlmAnswer {
  return (response) => {
    begin(response);
    for (const part of text.match(/.{1,7}/gsu) ?? []) piece(response, { content: part });
    end(response, 'stop', tokens);
  };
}

/** Calls a tool, its arguments in two pieces. */
export function calls(name: string, given: string, text = ''): LlmAnswer {
  return (response) => {
    begin(response);
    if (text !== '') piece(response, { content: text });
    const half = Math.ceil(given.length / 2);
    const call = (index: number, part: object): void => piece(response, { tool_calls: [{ index, ...part }] });
    call(0, { id: 't', type: 'function', function: { name, arguments: given.slice(0, half) } });
    call(0, { function: { arguments: given.slice(half) } });
    end(response, 'tool_calls');
  };
}

/** Refuses, with words that repeat what it was asked, as some endpoints do. */
export function fails(status: number): LlmAnswer {
  return (response, request) => {
    // Without this header the client library waits for longer than a test should.
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    const repeated = `You said: ${JSON.stringify(request.body.messages)}`;
    response.end(
      JSON.stringify({
        error: Object.fromEntries(['message', 'code', 'type'].map((field) => [field, repeated])),
      }),
    );
  };
}
