/** Says to whoever builds the page what no visitor can act on, where they look for it. */
export function createTellDeveloper(window: { console: Pick<Console, 'warn'> }): (sentence: string) => void {
  return (sentence) => window.console.warn(`ConversationsWebChat: ${sentence}`);
}
