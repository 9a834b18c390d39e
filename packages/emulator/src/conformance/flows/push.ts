import { same } from './checks.js';
import { userUpdated } from './events.js';
import { type Flow, promised, type Stage } from './stage.js';

/** Identity and device of every registration, as REST lists them. */
async function registrations(stage: Stage): Promise<string[]> {
  const { body } = await stage.rest('GET', '/Services/{IS}/Bindings');
  const bindings = body.bindings as { identity: string; binding_type: string; endpoint: string }[];
  return bindings.map(({ identity, binding_type, endpoint }) => `${identity} ${binding_type} ${endpoint}`);
}

export const pushFlows = {
  'keeps a push registration, changes it, and removes it': promised(async (stage) => {
    const [alice, bob] = await Promise.all([stage.connect('alice'), stage.connect('bob')]);
    await alice.setPushRegistrationId('fcm', 'device-1');
    await bob.setPushRegistrationId('apn', 'device-2');
    same(await registrations(stage), ['alice fcm device-1', 'bob apn device-2']);
    // The SDK takes away a registration that it changes before it makes the new one.
    await alice.setPushRegistrationId('fcm', 'device-3');
    same(await registrations(stage), ['bob apn device-2', 'alice fcm device-3']);
    await alice.removePushRegistrations('fcm', 'device-3');
    same(await registrations(stage), ['bob apn device-2']);
    await bob.unsetPushRegistrationId('apn');
    same(await registrations(stage), []);
  }),

  'says who comes, who goes, and who can be notified': promised(async (stage) => {
    await stage.rest('POST', '/Services/{IS}/Configuration', { ReachabilityEnabled: 'true' });
    const alice = await stage.connect('alice');
    same([alice.reachabilityEnabled, alice.user.isOnline], [true, true]);
    const client = await stage.connect('bob');
    const bob = await alice.getUser('bob');
    same([bob.isOnline, bob.isNotifiable], [true, false]);
    const notifiable = userUpdated(bob, 'reachabilityNotifiable');
    await client.setPushRegistrationId('fcm', 'device');
    await notifiable;
    same([bob.isOnline, bob.isNotifiable], [true, true]);
    const gone = userUpdated(bob, 'reachabilityOnline');
    await client.shutdown();
    await gone;
    same([bob.isOnline, bob.isNotifiable], [false, true]);
  }),
} satisfies Record<string, Flow>;
