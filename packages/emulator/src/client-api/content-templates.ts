import { isoDate } from '../clock.js';
import type { Domain } from '../conversations/domain.js';
import type { Route } from '../upstream.js';
import { listPage } from './paging.js';

/** Templates are files, which have no dates that matter. */
const date = isoDate(Date.UTC(2026, 0, 1));

export function contentTemplateRoutes({ templates }: Domain): Route[] {
  const placed = templates.map((row, place) => ({ place, row }));
  return [
    {
      method: 'GET',
      pattern: '/Client/v2/ContentTemplates',
      answer(call) {
        const body = listPage(call.request.params, {
          key: 'templates',
          pageSize: 50,
          page: ({ limit, after = -1, before }) =>
            before === undefined
              ? placed.filter(({ place }) => place > after).slice(0, limit)
              : placed.filter(({ place }) => place < before).slice(-limit),
          present: ({ sid, friendly_name, variables, types }) => ({
            sid,
            friendly_name,
            variables: JSON.stringify(variables),
            variants: types,
            date_created: date,
            date_updated: date,
          }),
        });
        return { status: 200, body };
      },
    },
  ];
}
