import type { IncomingMessage } from 'node:http';
import { type Alarm, type Clock, systemAlarm } from './clock.js';
import { createChannelOrders } from './control/channel-orders.js';
import { createControl, isControlPath, journalPath } from './control/control.js';
import { createFaults } from './control/faults.js';
import { answerByForce } from './control/forced-answer.js';
import { createJournal } from './control/journal.js';
import { createDomain, type Domain } from './conversations/domain.js';
import { seedRoles } from './conversations/roles.js';
import { startStateTimers } from './conversations/state-timers.js';
import { settleCredentials } from './credentials.js';
import { given } from './given.js';
import { checkOptions, loadTemplates, openMediaFiles, openStoreAt } from './groundwork.js';
import { createGuard } from './http/guards.js';
import { refuseUpgrade } from './http/refuse-upgrade.js';
import { serve } from './http/serve.js';
import { randomIds } from './ids.js';
import { createMediaService, isMediaPath } from './media/media.js';
import { createTemporaryUrls, mediaUrlKey } from './media/temporary-urls.js';
import type { Credentials, Emulator, EmulatorOptions } from './options.js';
import { createPush } from './push/push.js';
import { createRealtime, type RealtimeLimits, socketPath } from './realtime.js';
import { respondRefusal } from './rest/respond.js';
import { createRest } from './rest/rest.js';
import type { StartError } from './start-error.js';
import type { Store } from './store/store.js';
import { createTrouble } from './trouble/trouble.js';
import { createWebhooks, type Webhooks } from './webhooks/webhooks.js';

/** An emulator with its rooms open, for our own tests. */
export interface StartedEmulator {
  emulator: Emulator;
  domain: Domain;
  webhooks: Webhooks;
}

/**
 * Starts an emulator on loopback. Rejects with a {@link StartError} whose `code` is `port_in_use`, `invalid_option`,
 * `store_unavailable` or `refused_in_production`.
 *
 * @example
 * const emulator = await createEmulator();
 * const client = twilio(emulator.credentials.accountSid, emulator.credentials.authToken);
 * client.conversations.baseUrl = emulator.restUrl;
 * await emulator.close();
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { emulator } = await startEmulator(options);
  return emulator;
}

/** What only our own tests put in the place of the real thing. */
export interface StartParts {
  clock?: Clock;
  alarm?: Alarm;
  /** For tests that cannot wait as long, or send as much, as a service bears. */
  limits?: Partial<RealtimeLimits>;
}

export async function startEmulator(
  options: EmulatorOptions = {},
  parts: StartParts = {},
): Promise<StartedEmulator> {
  const data = checkOptions(options);
  const store = openStoreAt(data);
  try {
    const credentials = settleCredentials(store.settings, randomIds, options.credentials ?? {});
    return await assemble(store, credentials, { ...options, data }, parts);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function assemble(
  store: Store,
  credentials: Credentials,
  options: EmulatorOptions & { data: string },
  parts: StartParts,
): Promise<StartedEmulator> {
  const { accountSid, serviceSid } = credentials;
  const {
    allowedOrigins,
    allowedWebhookHosts = [],
    maxMediaBytes,
    mediaUrlSeconds,
    log = () => {},
  } = options;
  const domain = createDomain({
    store,
    accountSid,
    serviceSid,
    log,
    ...(parts.clock && { clock: parts.clock }),
    ...(options.templates !== undefined && { templates: loadTemplates(options.templates) }),
    ...(maxMediaBytes !== undefined && { mediaLimits: { bytes: maxMediaBytes, totalBytes: maxMediaBytes } }),
  });
  const mediaFiles = openMediaFiles(options.data, store);
  const journal = createJournal(domain.clock);
  const webhooks = createWebhooks({
    domain,
    credentials,
    allowedHosts: allowedWebhookHosts,
    log,
    trace: (delivery) => journal.add({ direction: 'out', identity: null, ...delivery }),
  });
  const rest = createRest({ domain, credentials, log });

  // The port is known once the server listens, which is before anybody can ask.
  let boundPort = 0;
  const restUrl = () => `http://127.0.0.1:${boundPort}`;
  const guard = createGuard({ port: () => boundPort, ...(allowedOrigins && { allowedOrigins }) });
  const answered = (request: IncomingMessage, status: number | undefined, size = 0): void => {
    const { method = '' } = request;
    const entry = { method, path: pathOf(request), size, ...given({ status }) };
    journal.add({ direction: 'in', identity: null, ...entry });
  };
  const trouble = createTrouble();
  const realtime = createRealtime({
    domain,
    credentials,
    baseUrl: restUrl,
    log,
    trouble,
    limits: parts.limits ?? {},
    trace: journal.add,
    answered,
  });
  const media = createMediaService({
    domain,
    credentials,
    baseUrl: restUrl,
    verifyToken: realtime.verifyToken,
    files: mediaFiles,
    urls: createTemporaryUrls({
      key: mediaUrlKey(store.settings),
      clock: domain.clock,
      lifetimeSeconds: mediaUrlSeconds ?? 300,
    }),
    log,
  });
  const { order, ...faults } = createFaults(realtime, trouble, log);
  const stopPush = createPush({
    domain,
    log,
    trace: ({ kind: push, identity, conversationSid: conversation, registrations }) =>
      journal.add({ direction: 'out', identity, push, conversation, registrations, size: 0 }),
  });
  const { orders, ...channels } = createChannelOrders(domain);
  const control = createControl({ order, orders, journal, credentials, log });

  const served = await serve({
    port: options.port ?? 0,
    onRequest(request, response) {
      const path = pathOf(request);
      response.on('close', () => {
        // Who follows the log would otherwise push out of it what they look for.
        if (path === journalPath) return;
        // Without an answer, as when the client hung up, there is no status.
        const status = response.headersSent ? response.statusCode : undefined;
        answered(request, status, Number(response.getHeader('content-length') ?? 0));
      });
      const verdict = guard(request);
      if (!verdict.allowed) respondRefusal(response, 'forbidden', verdict.message);
      else if (isControlPath(path)) control(request, response, path);
      else if (answerByForce(trouble, request, response, path)) return;
      else if (isMediaPath(path)) media.answer(request, response, path);
      else rest(request, response);
    },
    onUpgrade(request, socket, head) {
      const verdict = guard(request);
      if (verdict.allowed) realtime.handleUpgrade(request, socket, head);
      else answered(request, refuseUpgrade(socket, 'forbidden', verdict.message));
    },
  }).catch(async (error: unknown) => {
    await Promise.all([realtime.close(), webhooks.stop(), media.close()]);
    throw error;
  });
  boundPort = served.port;
  const stopTimers = startStateTimers(domain, parts.alarm ?? systemAlarm, log);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stopTimers();
    await realtime.close();
    await served.close();
    await media.close();
    await webhooks.stop();
    stopPush();
    store.close();
  };
  const emulator: Emulator = {
    restUrl: restUrl(),
    wsUrl: `ws://127.0.0.1:${boundPort}${socketPath}`,
    credentials,
    faults,
    ...channels,
    reset() {
      // What was asked before would otherwise be done in the emptied store.
      realtime.finish();
      webhooks.clear();
      store.transaction(() => {
        store.reset();
        seedRoles(store, serviceSid, domain.clock.now());
      });
      realtime.drop();
      media.clear();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
  return { emulator, domain, webhooks };
}

const pathOf = (request: IncomingMessage): string => request.url?.split('?')[0] ?? '';
