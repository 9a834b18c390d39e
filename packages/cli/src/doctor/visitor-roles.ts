import {
  type Config,
  createTwilioClient,
  FORBIDDEN_FOR_VISITORS,
  FORBIDDEN_IN_HARDENED_MODE,
} from '@conversations-web-chat/backend';
import { whyNot } from './account.js';
import { about, type Finding } from './finding.js';

const FIX = 'Run conversations-web-chat roles.';

/** That command leaves a role of somebody's own alone. */
const FIX_OWN =
  "Take VISITOR_ROLE_SID out and run conversations-web-chat roles, or correct that role's permissions yourself.";

/** Bots and agents may go by these, but no other visitor and no bill is touched. */
const LESSER: readonly string[] = ['editConversationAttributes', 'editConversationName'];

/** A role as a newcomer gets it. */
interface NewcomerRole {
  who: string;
  type: 'service' | 'conversation';
  name: string;
  permissions: readonly string[];
  /** Default: the command that puts the service's roles right. */
  fix?: string;
}

/** Whether the roles that visitors get let them do what they must not, or not what they must. */
export async function checkRoles(config: Config): Promise<Finding[]> {
  const { problem, cannotCheck } = about('roles');
  try {
    const service = createTwilioClient(config).conversations.v1.services(config.serviceSid);
    const [configuration, roles] = await Promise.all([service.configuration().fetch(), service.roles.list()]);
    const newcomers = [
      ['new users', configuration.defaultChatServiceRoleSid, 'service'],
      ['new participants', configuration.defaultConversationRoleSid, 'conversation'],
      ['creators of a conversation', configuration.defaultConversationCreatorRoleSid, 'conversation'],
      ...(config.visitorRoleSid === undefined
        ? []
        : [['VISITOR_ROLE_SID', config.visitorRoleSid, 'conversation', FIX_OWN] as const]),
    ] as const;
    return newcomers.flatMap(([who, sid, type, fix = FIX]) => {
      const role = roles.find((each) => each.sid === sid);
      if (!role) return [problem(`${who}: the service has no role ${sid}`, fix)];
      const { friendlyName: name, permissions } = role;
      if (role.type !== type)
        return [problem(`${who} ("${name}") is a ${role.type} role, not a ${type} one`, fix)];
      return judgeRole({ who, type, name, permissions, fix }, config.mode);
    });
  } catch (error) {
    return [cannotCheck(whyNot(error))];
  }
}

/** What is wrong with one role of a visitor. */
export function judgeRole(role: NewcomerRole, mode: Config['mode']): Finding[] {
  const { ok, problem, warning } = about('roles');
  const { permissions, fix = FIX } = role;
  const title = `${role.who} ("${role.name}")`;
  const forbidden = [...FORBIDDEN_FOR_VISITORS, ...(mode === 'hardened' ? FORBIDDEN_IN_HARDENED_MODE : [])];
  const held = permissions.filter((permission) => forbidden.includes(permission));
  const grave = held.filter((permission) => !LESSER.includes(permission));
  const lesser = held.filter((permission) => LESSER.includes(permission));
  const wanted =
    role.type === 'conversation' ? ['sendMessage'] : mode === 'easy' ? FORBIDDEN_IN_HARDENED_MODE : [];
  const missing = wanted.filter((permission) => !permissions.includes(permission));
  const found: Finding[] = [];
  if (grave.length > 0) found.push(problem(`${title} may ${grave.join(', ')}`, fix));
  if (lesser.length > 0) found.push(warning(`${title} may ${lesser.join(', ')}`, fix));
  if (missing.length > 0) {
    found.push(problem(`${title} may not ${missing.join(', ')}: nobody could chat`, fix));
  }
  return found.length > 0 ? found : [ok(`${title}: nothing too much`)];
}
