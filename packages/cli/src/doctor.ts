import { type Config, webhookUrls } from '@conversations-web-chat/backend';
import { type Command, defineCommand } from './command.js';
import { checkAccount, type TwilioPlaces } from './doctor/account.js';
import { about, type Finding, linesOf } from './doctor/finding.js';
import { checkReachable } from './doctor/reachable.js';
import { checkWebhooks } from './doctor/service-webhooks.js';
import { checkSettings } from './doctor/settings.js';
import { checkRoles } from './doctor/visitor-roles.js';
import { ENV_OPTION, ENV_USAGE, readGiven } from './read-config.js';
import { functionsUrl, urlsOf } from './webhooks.js';

export const doctor: Command = defineCommand({
  summary:
    'checks environment, account, roles, webhooks and what has to be reachable, each finding with its fix',
  usage: `Usage: conversations-web-chat doctor [options]

Checks what the backend is told and what Twilio, or the emulator, says about it. Nothing is written, and no secret is
shown. One line for each finding: ok, warning, problem, or cannot check; what to do stands beneath.

  --functions DOMAIN  the backend runs on Twilio Functions at this domain, e.g. web-chat-1234-dev.twil.io
  --json              one JSON document in place of lines
${ENV_USAGE}

Exit codes: 0 no problem, 1 problems, or service, roles or webhooks could not be checked, 2 wrong call.`,
  options: { ...ENV_OPTION, functions: { type: 'string' }, json: { type: 'boolean', default: false } },
  async run(values, io) {
    const functions = values.functions === undefined ? undefined : functionsUrl(values.functions);
    const reading = readGiven(values.env, io, functions === undefined ? {} : { PUBLIC_BASE_URL: functions });
    const findings = reading.ok
      ? await examine(reading.config, { ...(functions !== undefined && { functions }) })
      : reading.wrong.map(({ variable, problem, remedy }) => about(variable).problem(problem, remedy));
    const count = (level: Finding['level']): number =>
      findings.filter((finding) => finding.level === level).length;
    const [problems, warnings, unchecked] = [count('problem'), count('warning'), count('cannot check')];
    const open = findings.some(({ level, about: what }) => level === 'cannot check' && VITAL.includes(what));
    if (values.json) {
      io.print(JSON.stringify({ problems, warnings, unchecked, findings }, null, 2));
    } else {
      for (const line of linesOf(findings)) io.print(line);
      if (!reading.ok) io.print('Nothing else can be checked before the environment is right.');
      io.print(
        `\n${counted(problems, 'problem')}, ${counted(warnings, 'warning')}, ${unchecked} could not be checked.`,
      );
      if (open) io.print('What could not be checked may be wrong: ask again when it answers.');
    }
    return problems === 0 && !open ? 0 : 1;
  },
});

/** What nobody may go live without having looked at. */
const VITAL: readonly string[] = ['API key', 'AUTH_TOKEN', 'roles', 'webhooks'];

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Everything there is to find about a configuration. */
export async function examine(
  config: Config,
  options: { functions?: string; places?: TwilioPlaces; now?: number } = {},
): Promise<Finding[]> {
  const { functions, places = {}, now = Date.now() } = options;
  const urls = functions === undefined ? webhookUrls(config.publicBaseUrl) : urlsOf(functions);
  const found = await Promise.all([
    [about('environment').ok('complete')],
    checkAccount(config, places),
    checkRoles(config),
    checkWebhooks(config, urls, functions),
    checkReachable(config, functions),
    checkSettings(config, now, functions !== undefined),
  ]);
  return found.flat();
}
