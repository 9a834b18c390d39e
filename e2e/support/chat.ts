import type { FrameLocator, Locator, Page } from 'playwright-core';

/** The chat as its visitor meets it: names and roles, no class names. */
export class Chat {
  readonly page: Page;
  readonly launcher: Locator;
  readonly frame: FrameLocator;
  readonly dialog: Locator;
  readonly log: Locator;
  readonly composer: Locator;

  constructor(page: Page) {
    this.page = page;
    this.launcher = page.getByRole('button', { name: /^(open|close) chat/i });
    this.frame = page.frameLocator('iframe');
    this.dialog = this.frame.getByRole('dialog');
    this.log = this.frame.getByRole('log');
    this.composer = this.frame.getByRole('textbox', { name: 'Your message' });
  }

  async open(): Promise<void> {
    await this.launcher.click();
    await this.composer.waitFor();
  }

  /** Open, and the service has answered. */
  async openAndConnect(): Promise<void> {
    await this.open();
    await this.status('Connected').waitFor();
  }

  status(text: string): Locator {
    return this.frame.locator('header').getByText(text, { exact: true });
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** Bubbles that hold this text. */
  message(text: string | RegExp): Locator {
    return this.log.locator('[data-state]').filter({ hasText: text });
  }

  /** What is written on the chat, without the live region, which keeps what it has said. */
  notice(text: string | RegExp): Locator {
    return this.dialog
      .locator(':not([role=status] *)')
      .getByText(text)
      .and(this.dialog.locator('span'))
      .first();
  }

  /** What the chat keeps in the page's storage, by key. */
  async stored(
    key = 'default',
  ): Promise<{ uuid?: string; conversation_sid?: string; secret?: string } | null> {
    const text = await this.page.evaluate(
      (name) => localStorage.getItem(name),
      `conversations-web-chat:${key}`,
    );
    return text === null ? null : JSON.parse(text);
  }
}
