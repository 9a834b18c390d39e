/** As long as a person may take for it. */
const LIMIT_MS = 5 * 60_000;
/** The token service reads no more. */
const LONGEST_ANSWER = 4 * 1024;

type PageWindow = { readonly ConversationsWebChat?: { humanCheck?: unknown } | undefined };

/**
 * Lets the page show that its visitor is a person: its `ConversationsWebChat.humanCheck` resolves to what the provider
 * of the check gave. Rejects when there is none, or nothing that could be an answer came in time; whatever the page's
 * function does stays here.
 */
export function createHumanCheck(options: {
  page: PageWindow;
  /** Runs `task` after that many milliseconds; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
  /** Told in a sentence, for the page's developer. */
  complain(sentence: string): void;
}): () => Promise<string> {
  const { page, after, complain } = options;

  const ask = async (): Promise<unknown> => {
    const api = page.ConversationsWebChat;
    const humanCheck = api?.humanCheck;
    if (typeof humanCheck !== 'function') {
      throw new Error('ConversationsWebChat.humanCheck is not set, and the token service asks for it.');
    }
    return await humanCheck.call(api);
  };

  return async () => {
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = after(LIMIT_MS, () => reject(new Error('ConversationsWebChat.humanCheck took too long.')));
    });
    try {
      const answer = await Promise.race([ask(), late]);
      if (typeof answer === 'string' && answer !== '' && answer.length <= LONGEST_ANSWER) return answer;
      throw new Error('ConversationsWebChat.humanCheck gave no text of 1 to 4096 characters.');
    } catch (error) {
      complain(sentenceOf(error));
      throw new Error('No answer to the human check.');
    } finally {
      cancel();
    }
  };
}

/** What the page threw may be anything, even something that throws when it is looked at. */
function sentenceOf(error: unknown): string {
  try {
    return `${(error as Error).message}`;
  } catch {
    return 'ConversationsWebChat.humanCheck failed.';
  }
}
