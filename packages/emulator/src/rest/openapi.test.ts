import { describe, expect, it } from 'vitest';
import { checkAnswer, openApi, operationOf } from '../testing/openapi.js';
import { createRouter } from './router.js';
import { routes } from './routes.js';

/** Operations of Twilio's that this emulator has not got: they answer 501 or 405 and name themselves. */
const notEmulated = [
  /^\w+ \/v1\/Configuration\/Addresses/,
  /^\w+ \/v1\/Credentials/,
  /^(POST|DELETE) \/v1\/Services(\/\{\w+\})?$/,
  /^\w+ .*\/Configuration\/Notifications/,
];

const route = createRouter(routes);
const filled = (path: string) => path.replaceAll(/\{\w+\}/g, 'XX00000000000000000000000000000000');
const isRouted = (operation: string): boolean => {
  const [method = '', path = ''] = operation.split(' ');
  return route(method, filled(path)).found;
};

describe("Twilio's own OpenAPI file", () => {
  it('has no operation that is neither answered nor named here as missing', () => {
    const operations = Object.keys(openApi.operations);
    const isMissing = (operation: string) => notEmulated.some((pattern) => pattern.test(operation));
    expect(operations).toHaveLength(103);
    expect(operations.filter((operation) => !isRouted(operation))).toEqual(operations.filter(isMissing));
    expect(notEmulated.filter((pattern) => !operations.some((operation) => pattern.test(operation)))).toEqual(
      [],
    );
  });

  it('knows every route there is', () => {
    const unknown = routes
      .map(({ method, path }) => [method, path.replaceAll(/:\w+/g, 'x')] as const)
      .filter(([method, path]) => operationOf(method, path) === undefined);
    expect(unknown).toEqual([]);
  });

  it('finds fault with an answer that lacks a field, has another, or has another status', () => {
    const url = 'http://127.0.0.1:1/v1/Roles/RL00000000000000000000000000000000';
    const role = {
      sid: 'RL00000000000000000000000000000000',
      account_sid: 'AC00000000000000000000000000000000',
      chat_service_sid: 'IS00000000000000000000000000000000',
      friendly_name: 'channel user',
      type: 'conversation',
      permissions: ['sendMessage'],
      date_created: '2026-11-22T10:00:00Z',
      date_updated: '2026-11-22T10:00:00Z',
      url,
    };
    checkAnswer('GET', url, 200, role);
    expect(() => checkAnswer('GET', url, 200, { sid: role.sid })).toThrow('account_sid');
    expect(() => checkAnswer('GET', url, 200, { ...role, colour: 'red' })).toThrow('additional properties');
    expect(() => checkAnswer('GET', url, 200, { ...role, type: 'team' })).toThrow('allowed values');
    expect(() => checkAnswer('GET', url, 200, { ...role, date_created: 'today' })).toThrow('date-time');
    expect(() => checkAnswer('GET', url, 201, role)).toThrow('answered 201');
    expect(() => checkAnswer('GET', url, 404, { message: 'No' })).toThrow('code');
  });
});
