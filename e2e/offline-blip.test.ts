import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();

describe('N7: when the browser is offline for a second while a message is on its way', () => {
  it('the message is delivered within five seconds of coming back, and once', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.openAndConnect();
    const { faults } = visits.stack.emulator;
    faults.pauseReplies(true);
    await chat.send('in flight');
    await chat.message('in flight').waitFor();
    await visits.visitor.context.setOffline(true);
    expect(await chat.page.evaluate(() => navigator.onLine)).toBe(false);
    // The row itself is this second.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    faults.pauseReplies(false);
    await visits.visitor.context.setOffline(false);
    await expect
      .poll(() => chat.message('in flight').getAttribute('data-state'), { timeout: 5_000 })
      .toBe('sent');
    expect(await chat.message('in flight').count()).toBe(1);
  });
});
