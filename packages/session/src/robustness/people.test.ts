import { afterEach, expect, test } from 'vitest';
import { type CleanUps, cleanUpAll, createProfile, isOnline, startRealService, until } from './real-chat.js';

/** Who is there and what they offer, over the real SDK and the emulator. */
const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

async function startedChat() {
  const service = await startRealService(cleanUps);
  const staff = { agents: { prefix: 'agent:' }, bots: { identities: ['bot'] } };
  const profile = createProfile(cleanUps, service, { staff });
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  return { service, profile, session, sid: session.getSnapshot().conversationSid ?? '' };
}

test('every kind of content template is shown as what it is, also after a reload, and a choice is told', async () => {
  const { service, profile, session, sid } = await startedChat();
  for (let kind = 1; kind <= 6; kind += 1) {
    await service.rest('POST', `/${sid}/Messages`, {
      Author: 'bot',
      ContentSid: `HX${'0'.repeat(31)}${kind}`,
    });
  }
  const contents = () => session.getSnapshot().messages.map(({ content }) => content);
  await until(session, () => contents().filter((content) => content !== null).length === 6);
  expect(contents()).toEqual([
    { kind: 'text', body: 'Hello there, how can we help?' },
    { kind: 'media', body: 'Here is our brochure.', media: ['https://example.com/brochure.pdf'] },
    {
      kind: 'quick_reply',
      body: 'Hi there, did that help?',
      replies: [
        { kind: 'reply', id: 'yes', title: 'Yes' },
        { kind: 'reply', id: 'no', title: 'Not quite' },
      ],
    },
    {
      kind: 'call_to_action',
      body: 'Order 1001 is on its way.',
      actions: [
        { kind: 'link', title: 'Track it', href: 'https://example.com/orders/1001' },
        { kind: 'link', title: 'Call us', href: 'tel:+15005550001' },
      ],
    },
    {
      kind: 'list',
      body: 'Hi there, whom would you like to talk to?',
      button: 'Choose',
      items: [
        { id: 'sales', title: 'Sales', description: 'Before you buy' },
        { id: 'support', title: 'Support', description: 'When something is wrong' },
      ],
    },
    {
      kind: 'card',
      title: 'Kettle',
      subtitle: 'In stock',
      media: ['https://example.com/kettle.jpg'],
      actions: [{ kind: 'reply', id: 'buy', title: 'I want one' }],
    },
  ]);
  const list = session.getSnapshot().messages[4];
  session.choose(list?.key ?? '', 'support');
  await until(session, () => session.getSnapshot().messages[6]?.state === 'sent');
  const page = await service.rest('GET', `/${sid}/Messages?PageSize=50`);
  const stored = (page.messages as { body: string; attributes: string }[])[6];
  expect(stored?.body).toBe('Support');
  expect(JSON.parse(stored?.attributes ?? '')).toMatchObject({
    choice: { id: 'support', inReplyTo: list?.sid },
  });
  await session.stop();
  const again = profile.open();
  again.start();
  const shown = () => again.getSnapshot().messages.filter(({ content }) => content !== null);
  await until(again, () => isOnline(again) && shown().length === 6);
  expect(again.getSnapshot().messages.map(({ chosen }) => chosen)).toEqual([
    null,
    null,
    null,
    null,
    'support',
    null,
    null,
  ]);
});

test('V10: an agent comes, reads, changes their name and goes, and the bot hands over, over a link that is cut', async () => {
  const { service, profile, session, sid } = await startedChat();
  const happened = () => session.getSnapshot().happenings.map(({ kind, identity }) => [kind, identity]);
  const anna = () => session.getSnapshot().participants.find(({ identity }) => identity === 'agent:anna');
  session.send('hello');
  await until(session, () => session.getSnapshot().messages[0]?.sid != null);
  await until(session, () => session.getSnapshot().participants.length > 0);
  await service.rest('POST', `/${sid}/Participants`, {
    Identity: 'agent:anna',
    Attributes: '{"name":"Anna"}',
  });
  await until(session, () => anna()?.name === 'Anna');
  await service.rest('POST', `/${sid}/Participants/agent:anna`, { LastReadMessageIndex: '0' });
  await until(session, () => session.getSnapshot().seenTo === 0);
  // Who wrote is known after a reload; who only was there is not.
  await service.rest('POST', `/${sid}/Messages`, { Author: 'agent:anna', Body: 'Here I am.' });
  await until(session, () => session.getSnapshot().messages.length === 2);
  const handover = { handover: { reason: 'asked', by: 'bot', at: new Date().toISOString() } };
  await service.rest('POST', `/${sid}`, { Attributes: JSON.stringify(handover) });
  await until(session, () => happened().length === 2);
  service.faults.refuse(true);
  service.faults.drop();
  await until(session, () => session.getSnapshot().status === 'reconnecting');
  await service.rest('DELETE', `/${sid}/Participants/agent:anna`);
  service.faults.refuse(false);
  await until(session, () => isOnline(session) && anna()?.present === false);
  expect(happened()).toEqual([
    ['joined', 'agent:anna'],
    ['handed_over', null],
    ['left', 'agent:anna'],
  ]);
  await session.stop();
  const again = profile.open();
  again.start();
  await until(
    again,
    () => isOnline(again) && again.getSnapshot().participants.some(({ present }) => present),
  );
  expect(again.getSnapshot().happenings).toEqual([]);
  expect(again.getSnapshot().participants).toContainEqual(anna());
});
