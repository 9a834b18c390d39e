import type { Participant, RecipientDescriptor } from '@twilio/conversations';
import { present, refused, same } from './checks.js';
import { messageEvent, messageUpdated, next } from './events.js';
import { type Flow, promised } from './stage.js';

export const channelFlows = {
  'adds a participant of another channel, shows its addresses to everybody, and removes it': promised(
    async (stage) => {
      const {
        views: [mine, theirs],
      } = await stage.share('alice', 'bob');
      const arrivals = [mine!, theirs!].map((view) =>
        next<Participant>(
          'participantJoined of no identity',
          (hear) => view.on('participantJoined', hear),
          isNobody,
        ),
      );
      const added = await mine!.addNonChatParticipant('+15005550001', '+15005550006', { from: 'shop' });
      const binding = added.messaging_binding as unknown as Record<string, unknown>;
      same([binding.address, binding.proxy_address], ['+15005550006', '+15005550001']);
      for (const participant of await Promise.all(arrivals)) {
        same(
          [participant.sid, participant.type, participant.attributes],
          [added.sid, 'sms', { from: 'shop' }],
        );
      }
      await refused(
        mine!.addNonChatParticipant('+15005550001', '+15005550006'),
        409,
        50416,
        'the same addresses again',
      );
      const left = next<Participant>(
        'participantLeft',
        (hear) => theirs!.on('participantLeft', hear),
        isNobody,
      );
      await mine!.removeParticipant(added.sid);
      same((await left).sid, added.sid);
    },
  ),

  'adds a participant by e-mail, with a name and a level': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    const joined = next<Participant>(
      'participantJoined',
      (hear) => mine!.on('participantJoined', hear),
      isNobody,
    );
    const email = { name: 'Ann', level: 'cc', address: '' } as const;
    await mine!.addNonChatParticipant('shop@example.com', 'ann@example.com', {}, { email });
    const participant = await joined;
    same(participant.type, 'email');
    same(participant.bindings.email, { name: 'Ann', address: 'ann@example.com', level: 'cc' });
  }),

  'finds a participant of another channel behind what is said under its address': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    // The SDK finds an author only among the participants that it has heard of.
    const joined = next<Participant>(
      'participantJoined',
      (hear) => mine!.on('participantJoined', hear),
      isNobody,
    );
    const { sid } = await mine!.addNonChatParticipant('whatsapp:+15005550001', 'whatsapp:+15005550006');
    await joined;
    const added = messageEvent(mine!, 'messageAdded');
    await stage.write(mine!.sid, 'whatsapp:+15005550006', ['By phone']);
    const message = await added;
    same([message.author, message.participantSid], ['whatsapp:+15005550006', sid]);
    same((await message.getParticipant()).type, 'whatsapp');
  }),

  'follows the delivery of a message, one participant and all of them': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const added: string[] = [];
    // More than a page of receipts.
    for (let last = 1; last <= 25; last += 1) {
      const address = `+150055500${String(last).padStart(2, '0')}`;
      added.push((await mine!.addNonChatParticipant('+15005550099', address)).sid);
    }
    const heard = messageEvent(theirs!, 'messageAdded');
    await mine!.sendMessage('to all of them');
    const message = await heard;
    const counts = () => {
      const { total, sent, delivered, read } = present(message.aggregatedDeliveryReceipt, 'aggregate');
      return { total, sent, delivered, read };
    };
    same(counts(), { total: 25, sent: 'all', delivered: 'none', read: 'none' });
    const receipts = await message.getDetailedDeliveryReceipts();
    same(
      receipts.map(({ participantSid, messageSid, status }) => [participantSid, messageSid, status]),
      added.map((sid) => [sid, message.sid, 'sent']),
    );
    const moved = messageUpdated(theirs!, 'deliveryReceipt');
    await stage.order('delivery', { messageSid: message.sid, participantSid: added[3], status: 'read' });
    await moved;
    same(counts(), { total: 25, sent: 'all', delivered: 'some', read: 'some' });
    const all = messageUpdated(theirs!, 'deliveryReceipt');
    await stage.order('delivery', { messageSid: message.sid, status: 'delivered' });
    await all;
    same(counts(), { total: 25, sent: 'all', delivered: 'all', read: 'some' });
  }),

  'reads what a channel adds to a message': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    await stage.write(mine!.sid, 'alice', ['plain', 'from a phone']);
    const { sid } = present((await mine!.getMessages()).items[1], 'second message');
    await stage.order('channel-metadata', {
      messageSid: sid,
      type: 'whatsapp',
      data: { ProfileName: 'Ann' },
    });
    // The SDK takes notice of it when it loads a message.
    const again = await (await stage.connect('alice')).getConversationBySid(mine!.sid);
    const [plain, phoned] = (await again.getMessages()).items;
    same(await plain!.getChannelMetadata(), null);
    const metadata = present(await phoned!.getChannelMetadata(), 'channel metadata');
    same([metadata.type, metadata.data], ['whatsapp', { ProfileName: 'Ann' }]);
  }),

  'names who gets a message by e-mail, and who it is from': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    await mine!.sendMessage('before anybody had e-mail');
    const proxy = 'shop@example.com';
    const add = (address: string, name: string, level: 'to' | 'cc') =>
      mine!.addNonChatParticipant(proxy, address, {}, { email: { name, level, address: '' } });
    await add('ann@example.com', 'Ann', 'to');
    await add('ben@example.com', 'Ben', 'cc');
    for (const body of ['one', 'two', 'three']) await mine!.sendMessage(body);
    const { items } = await mine!.getMessages();
    same(await items[0]!.getMessageRecipients(), []);
    const expected = [
      ['from', 'alice', proxy],
      ['to', 'Ann', 'ann@example.com'],
      ['cc', 'Ben', 'ben@example.com'],
    ];
    const told = (recipients: readonly RecipientDescriptor[]) =>
      recipients.map((one) => ('level' in one ? [one.level, one.name, one.address] : [one.type]));
    same(told(await items[1]!.getMessageRecipients()), expected);

    let page = await mine!.getMessageRecipients({ pageSize: 4 });
    const seen = told(page.items);
    while (page.hasNextPage) {
      page = await page.nextPage();
      seen.push(...told(page.items));
    }
    same(seen, [...expected, ...expected, ...expected]);
  }),
} satisfies Record<string, Flow>;

function isNobody({ identity }: { identity: string | null }): boolean {
  return identity === null;
}
