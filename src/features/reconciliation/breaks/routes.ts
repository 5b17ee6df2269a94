/** Breaks over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../../platform/http-server/cursor.ts';
import { DECIMAL, LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP, uuid } from '../../../platform/http-server/port.ts';
import type { Breaks, BreakView } from './service.ts';
import type { BreakEventRow } from './store.ts';

const STATE = z.enum(['open', 'accepted', 'resolved']);

const BREAK = z.object({
  id: z.uuid(),
  book: z.string(),
  key: z.string().describe('The same as long as the fact is'),
  kind: z.enum(['native', 'late', 'unexplained']),
  line: z.string().nullable().describe('Of the book; null: the book as a whole'),
  account: z.string().nullable().describe('Of the ledger, where its movements are to be looked for'),
  currency: z.string(),
  amount: DECIMAL.describe('Observed less what the ledger says, as the last report that found it says'),
  text: z.string(),
  state: STATE,
  age_days: z.int().describe('Whole days since `first_as_of`, until it was resolved'),
  business_date: z.iso.date().describe('Of the first report that found it'),
  first_as_of: TIMESTAMP,
  first_seen_report: z.uuid(),
  last_as_of: TIMESTAMP,
  last_seen_report: z.uuid(),
  accepted: z
    .object({
      by: z.string(),
      at: TIMESTAMP,
      reason: z.string(),
      up_to: DECIMAL,
      until: TIMESTAMP.nullable().describe('null: for good'),
    })
    .nullable()
    .describe('The last acceptance, also where the break has opened again since'),
  resolved_as_of: TIMESTAMP.nullable(),
  resolved_by_report: z.uuid().nullable().describe('The first report that does not have it any more'),
});
const EVENT = z.object({
  event: z.enum(['opened', 'changed', 'seen_earlier', 'accepted', 'reopened', 'resolved']),
  at: TIMESTAMP,
  report: z.uuid().nullable(),
  actor: z.string().nullable(),
  amount: DECIMAL.describe('Of the break then; of an acceptance, up to which it is'),
  until: TIMESTAMP.nullable(),
  reason: z.string().nullable(),
});
const HISTORY = BREAK.extend({ events: z.array(EVENT).describe('Oldest first') });
const PAGE = z.object({ data: z.array(BREAK), next: z.string().nullable().describe('Cursor of the next page') });

const tags = ['reconciliation'];
const ID = z.object({ id: uuid('break') });

export const breakRoutes =
  (breaks: Breaks): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/reconciliation-breaks',
      {
        config: { access: 'reconciliation:read' },
        schema: {
          tags,
          summary: 'Breaks, newest first',
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
            state: STATE.optional(),
          }),
          response: { 200: PAGE },
        },
      },
      async (request) => {
        const { limit, cursor, state } = request.query;
        const views = await breaks.list({
          limit: limit + 1,
          ...(cursor === undefined ? {} : { after: afterOf(cursor) }),
          ...(state === undefined ? {} : { state }),
        });
        const page = views.slice(0, limit);
        const last = page.at(-1)?.row;
        return {
          data: page.map(breakToJson),
          next: views.length > limit && last ? encodeCursor(last.first_as_of, last.id) : null,
        };
      },
    );
    routes.get(
      '/v1/reconciliation-breaks/:id',
      {
        config: { access: 'reconciliation:read' },
        schema: { tags, summary: 'One break with what happened to it', params: ID, response: { 200: HISTORY } },
      },
      async (request) => {
        const found = await breaks.get(request.params.id);
        return { ...breakToJson(found), events: found.events.map(eventToJson) };
      },
    );
    routes.post(
      '/v1/reconciliation-breaks/:id/accept',
      {
        config: { access: 'reconciliation:accept', acts: true },
        schema: {
          tags,
          summary: 'Accept a break with a reason',
          description:
            'It stays a break, and no verdict changes for it. It opens again when it grows beyond `up_to` or `until` is over.',
          params: ID,
          body: z.strictObject({
            reason: LINE_OF_TEXT.describe('Why: it is kept with who and when'),
            until: TIMESTAMP.optional().describe('For good unless told'),
            up_to: DECIMAL.optional().describe('In its currency, with its sign; what it is now unless told'),
          }),
          response: { 200: BREAK },
        },
      },
      async (request) => {
        const { reason, until, up_to: upTo } = request.body;
        const accepted = await breaks.accept(request.params.id, {
          ...{ by: request.subject, reason },
          ...(until === undefined ? {} : { until: Date.parse(until) }),
          ...(upTo === undefined ? {} : { upTo }),
        });
        return breakToJson(accepted);
      },
    );
  };

function breakToJson({ row, state, ageDays }: BreakView): z.input<typeof BREAK> {
  const { accepted_by: by, accepted_at: at, accepted_reason: reason, accepted_amount: upTo } = row;
  return {
    ...{ id: row.id, book: row.book, key: row.key, kind: row.kind, line: row.line, account: row.account },
    ...{ currency: row.currency, amount: row.amount, text: row.text, state, age_days: ageDays },
    business_date: row.business_date,
    first_as_of: row.first_as_of.toISOString(),
    first_seen_report: row.first_seen_report,
    last_as_of: row.last_as_of.toISOString(),
    last_seen_report: row.last_seen_report,
    accepted:
      by === null || at === null || reason === null || upTo === null
        ? null
        : { by, at: at.toISOString(), reason, up_to: upTo, until: row.accepted_until?.toISOString() ?? null },
    resolved_as_of: row.resolved_as_of?.toISOString() ?? null,
    resolved_by_report: row.resolved_by_report,
  };
}

const eventToJson = ({ break_id: _, at, until, ...event }: BreakEventRow): z.input<typeof EVENT> => ({
  ...event,
  at: at.toISOString(),
  until: until?.toISOString() ?? null,
});

function afterOf(cursor: string): { readonly firstAsOf: Date; readonly id: BreakView['row']['id'] } {
  const { at, id } = decodeCursor('break', cursor);
  return { firstAsOf: at, id };
}
