import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Environment } from '../env.js';
import { oneOf, wholeNumber } from '../env-fields.js';
import { givenVariables, type WrongVariable, wrongVariables } from '../env-table.js';

/** What only the server command is told: where to listen, what to write and which files. */
export interface ServerSettings {
  address: string;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Where figures for Prometheus are served; without a port nowhere. */
  metricsPort?: number;
  metricsAddress: string;
  drainSeconds: number;
  widgetDir?: string;
  siteDir?: string;
}

const address = z.string().refine((text) => isIP(text) !== 0, 'is not an IP address');
const folder = z
  .string()
  .refine((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true, 'names no folder');

const schema = z.object({
  ADDRESS: address.default('127.0.0.1'),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error']).default('info'),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  METRICS_ADDRESS: address.default('127.0.0.1'),
  DRAIN_SECONDS: wholeNumber(0, 300).default(0),
  WIDGET_DIR: folder.optional(),
  SITE_DIR: folder.optional(),
});

const REMEDIES: Record<keyof typeof schema.shape, string> = {
  ADDRESS: '127.0.0.1 behind a proxy on the same machine, 0.0.0.0 in a container. Without it: 127.0.0.1.',
  LOG_LEVEL: 'debug, info, warn or error. Without it: info.',
  METRICS_PORT: 'A port of its own for the figures that Prometheus reads, or leave it out.',
  METRICS_ADDRESS: 'Where METRICS_PORT listens; keep it off the internet. Without it: 127.0.0.1.',
  DRAIN_SECONDS: 'How long /readyz says 503 before it takes no more calls. Without it: 0.',
  WIDGET_DIR: 'The folder of the built widget, or leave it out where others serve it.',
  SITE_DIR: 'A folder of pages to serve at /, or leave it out.',
};

/** The variables of the server command, beside those of the service. */
export const SERVER_VARIABLES: readonly string[] = Object.keys(REMEDIES);

/** Reads what the server command is told. A blank variable counts as absent. */
export function readServerEnvironment(
  env: Environment,
): { ok: true; settings: ServerSettings } | { ok: false; wrong: readonly WrongVariable[] } {
  const given = givenVariables(SERVER_VARIABLES, env);
  const parsed = schema.safeParse(given);
  if (!parsed.success) return { ok: false, wrong: wrongVariables(parsed.error.issues, given, REMEDIES) };
  const { data } = parsed;
  return {
    ok: true,
    settings: {
      address: data.ADDRESS,
      logLevel: data.LOG_LEVEL,
      metricsAddress: data.METRICS_ADDRESS,
      drainSeconds: data.DRAIN_SECONDS,
      ...(data.METRICS_PORT !== undefined && { metricsPort: data.METRICS_PORT }),
      ...(data.WIDGET_DIR !== undefined && { widgetDir: data.WIDGET_DIR }),
      ...(data.SITE_DIR !== undefined && { siteDir: data.SITE_DIR }),
    },
  };
}
