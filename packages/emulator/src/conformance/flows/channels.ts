import type { Conversation, Participant } from '@twilio/conversations';
import { refused, same } from './checks.js';
import { messageEvent, next } from './events.js';
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
    const email = { name: 'Ann', level: 'cc' } as const;
    // The type asks for an address inside, which the SDK does not send.
    await mine!.addNonChatParticipant('shop@example.com', 'ann@example.com', {}, {
      email,
    } as unknown as Parameters<Conversation['addNonChatParticipant']>[3]);
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
} satisfies Record<string, Flow>;

function isNobody({ identity }: { identity: string | null }): boolean {
  return identity === null;
}
