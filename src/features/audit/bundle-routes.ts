/** Bundles over HTTP: entries with all that verifies them offline. */
import { z } from 'zod';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import { type RegisterRoutes, sendJson } from '../../platform/http-server/port.ts';
import { DATE } from './schemas.ts';
import type { PublishedKey } from './signer/port.ts';
import { type BundleQuery, exportBundle } from './verify/bundle.ts';
import { BUNDLE } from './verify/bundle-format.ts';

const INDEX = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();
const QUERY = z.strictObject({
  day: DATE.optional().describe('All leaves of a closed day'),
  stream: z.string().max(64).optional().describe('With `record_id`: all leaves of a record'),
  record_id: z.string().max(512).optional(),
  first: INDEX.describe('With `end`: the leaves from one index'),
  end: INDEX.describe('up to another, which is not among them'),
});

export const auditBundleRoutes =
  (db: Db, keys: () => Promise<readonly PublishedKey[]> = async () => []): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/audit/bundle',
      {
        config: { access: 'audit:read' },
        schema: {
          tags: ['audit'],
          summary: 'Entries with all that verifies them offline: of a day, a record, or a range',
          querystring: QUERY,
          response: { 200: BUNDLE },
        },
      },
      async (request, reply) => {
        const bundle = await exportBundle(
          db,
          queryOf(request.query),
          (await keys()).map(({ vkey }) => vkey),
        );
        sendJson(reply, JSON.stringify(bundle satisfies z.input<typeof BUNDLE>));
        return reply;
      },
    );
  };

function queryOf({ day, stream, record_id: recordId, first, end }: z.output<typeof QUERY>): BundleQuery {
  const asked: readonly BundleQuery[] = [
    day === undefined ? [] : ({ kind: 'day', date: day } as const),
    stream === undefined || recordId === undefined ? [] : ({ kind: 'record', stream, recordId } as const),
    first === undefined || end === undefined ? [] : ({ kind: 'range', first, end } as const),
  ].flat();
  const [query] = asked;
  if (query !== undefined && asked.length === 1) return query;
  throw new PlumblineError(
    'invalid',
    'audit.bundle_of_what',
    'ask for one thing: ?day=2026-11-25, ?stream=payments&record_id=p-1, or ?first=0&end=100',
    { faults: [{ pointer: 'query', message: 'must name a day, a record or a range, and one of them alone' }] },
  );
}
