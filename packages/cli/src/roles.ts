import { setUpRoles } from '@conversations-web-chat/backend';
import { type Command, defineCommand } from './command.js';
import { ENV_OPTION, ENV_USAGE, readConfig } from './read-config.js';
import { showChanges } from './show-changes.js';

export const roles: Command = defineCommand({
  summary: 'gives visitors roles that let them do no more than the chat needs',
  usage: `Usage: conversations-web-chat roles [options]

Shows how the roles of the Conversations service differ from what the chat needs, then writes them: a role for visitors
and one for users, both made what newcomers get. CHAT_MODE=hardened takes creating and joining conversations away as
well. Users and participants that are there already keep their roles. Give agents theirs by name.

  --dry-run           show the difference, write nothing
${ENV_USAGE}

Exit codes: 0 right now (or, with --dry-run, shown), 1 not written, 2 wrong call.`,
  options: { ...ENV_OPTION, 'dry-run': { type: 'boolean', default: false } },
  async run(values, io) {
    // Roles have no address; on Twilio Functions none is given.
    const config = readConfig(values.env, io, { PUBLIC_BASE_URL: 'https://not-asked.invalid' });
    if (!config) return 1;
    const { changes } = await setUpRoles(config, { dryRun: true });
    if (changes.length === 0) {
      io.print(`The roles of the service ${config.serviceSid} are right already.`);
      return 0;
    }
    io.print(`Roles of the service ${config.serviceSid}:`);
    showChanges(changes, io);
    if (!values['dry-run']) await setUpRoles(config);
    io.print(values['dry-run'] ? 'Nothing was written.' : 'Written.');
    return 0;
  },
});
