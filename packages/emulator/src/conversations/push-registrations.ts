import { Refusal } from '../errors.js';
import type { PushRegistrationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { ensureUser } from './ensure-user.js';
import { checkText, limits } from './limits.js';
import { updateReachability } from './reachability.js';

export interface AddPushRegistration {
  identity: string;
  channelType: PushRegistrationRow['channelType'];
  endpointPlatform: string;
  /** What Apple or Google call the app on the device. */
  registrationId: string;
  messageTypes: string[];
}

const longestText = 4096;
const maxMessageTypes = 50;
const maxRegistrations = 100;

/** Keeps where an app of an identity wants its pushes. The same app registers again under the same id. */
export function addPushRegistration(domain: Domain, input: AddPushRegistration): PushRegistrationRow {
  const { identity, channelType, registrationId, messageTypes } = input;
  checkText('registration_id', registrationId, longestText);
  checkText('endpoint_platform', input.endpointPlatform, limits.nameLength);
  if (messageTypes.length > maxMessageTypes) {
    throw new Refusal('invalid_parameter', `message_types are at most ${maxMessageTypes}`);
  }
  for (const type of messageTypes) checkText('message_types', type, limits.nameLength);
  return domain.facts.commit(() => {
    const { pushRegistrations } = domain.store;
    ensureUser(domain, { by: { source: 'SDK', identity }, identity });
    const own = pushRegistrations.ofIdentity(identity);
    const before = own.find(
      (one) => one.channelType === channelType && one.registrationId === registrationId,
    );
    if (!before && own.length >= maxRegistrations) {
      throw new Refusal('invalid_parameter', `an identity has at most ${maxRegistrations} registrations`);
    }
    const now = domain.clock.now();
    const row: PushRegistrationRow = {
      ...input,
      id: before?.id ?? domain.ids.sid('BS'),
      dateCreated: before?.dateCreated ?? now,
      dateUpdated: now,
    };
    pushRegistrations.put(row);
    updateReachability(domain, { identity });
    return row;
  });
}

/** Forgets registrations of one identity: the one of that id, or all of an app. */
export function removePushRegistrations(
  domain: Domain,
  identity: string,
  chosen: { id: string } | Pick<PushRegistrationRow, 'channelType' | 'registrationId'>,
): PushRegistrationRow[] {
  return domain.facts.commit(() => {
    const { pushRegistrations } = domain.store;
    const gone = pushRegistrations
      .ofIdentity(identity)
      .filter((one) =>
        'id' in chosen
          ? one.id === chosen.id
          : one.channelType === chosen.channelType && one.registrationId === chosen.registrationId,
      );
    for (const { id } of gone) pushRegistrations.remove(id);
    if (gone.length > 0) updateReachability(domain, { identity });
    return gone;
  });
}
