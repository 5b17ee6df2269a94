/** Reconciliation over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { type BusinessDate, parseBusinessDate } from '../../kernel/business-date.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../../platform/http-server/cursor.ts';
import { DECIMAL, type RegisterRoutes, TIMESTAMP, uuid } from '../../platform/http-server/port.ts';
import { RUN_KINDS, type RunKind } from './kinds.ts';
import type { ReconciliationService, RunResult } from './service.ts';
import type { PageRequest, ReconciliationRow } from './store.ts';

const DATE = z.string().describe('Business date, YYYY-MM-DD').transform(parseBusinessDate);
const STATUS = z.enum(['in_progress', 'balanced', 'surplus', 'deficit', 'error']);

const SUMMARY = z.object({
  id: z.uuid(),
  book: z.string(),
  kind: z.enum(RUN_KINDS).describe('daily: the report of its date; intraday: the state at one instant, beside it'),
  business_date: z.iso.date(),
  attempt: z.int(),
  supersedes: z.uuid().nullable().describe('The final report that this one replaces'),
  started_by: z.string(),
  worker: z.string().nullable().describe('The process that made it, host:pid'),
  status: STATUS,
  total_assets_vnd: DECIMAL.nullable().describe('null where unknown, never 0'),
  total_liabilities_vnd: DECIMAL.nullable(),
  difference_vnd: DECIMAL.nullable().describe('Assets less liabilities'),
  tolerance_vnd: DECIMAL,
  asset_breakdown: z.record(z.string(), DECIMAL.nullable()).nullable(),
  solvent: z.boolean().nullable().describe('Whether what is observed covers what is owed; null where unknown'),
  explained: z.boolean().nullable().describe('Whether the books explain what is left'),
  net_low_vnd: DECIMAL.nullable().describe('Observed assets less liabilities, at what the assets would surely bring'),
  net_high_vnd: DECIMAL.nullable(),
  unexplained_vnd: DECIMAL.nullable(),
  as_of: TIMESTAMP.nullable().describe('The instant that the report speaks of'),
  as_of_basis: z.enum(['cut', 'snapshot']).nullable().describe('`cut`: the end of the business date'),
  alert_triggered: z.boolean(),
  error_message: z.string().nullable(),
  started_at: TIMESTAMP,
  observed_at: TIMESTAMP.nullable().describe('The instant of the snapshot'),
  reconciled_at: TIMESTAMP.nullable(),
});
const REPORT = SUMMARY.extend({
  report: z.record(z.string(), z.unknown()).nullable().describe('Lines, rates and explanation, as hashed'),
  report_hash: z.string().nullable().describe('SHA-256 of the canonical JSON (RFC 8785) of `report`'),
});
const PAGE = z.object({ data: z.array(SUMMARY), next: z.string().nullable().describe('Cursor of the next page') });

const tags = ['reconciliation'];

export const reconciliationRoutes =
  (service: ReconciliationService): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/reconciliations',
      {
        config: { access: 'reconciliation:run', acts: true },
        schema: {
          tags,
          summary: 'Reconcile a business date',
          description:
            'Answers 201 with a new report, or 200 with the final one that the date has already. A deficit is an answer, not an error.',
          body: z.strictObject({
            business_date: DATE.optional(),
            again: z.boolean().default(false).describe('Make a new report that supersedes the final one'),
            kind: z.enum(RUN_KINDS).default('daily').describe('intraday: as of now; takes neither date nor again'),
          }),
          response: { 200: REPORT, 201: REPORT },
        },
      },
      async (request, reply) => {
        const { row, created } = await perform(service, request.body, request.subject);
        reply.code(created ? 201 : 200);
        return reportToJson(row);
      },
    );
    routes.get(
      '/v1/reconciliations',
      {
        config: { access: 'reconciliation:read' },
        schema: {
          tags,
          summary: 'Attempts, newest first',
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
            status: STATUS.optional(),
            kind: z.enum([...RUN_KINDS, 'all']).default('daily'),
          }),
          response: { 200: PAGE },
        },
      },
      async (request) => {
        const { limit, cursor, status, kind } = request.query;
        const rows = await service.list({
          limit: limit + 1,
          ...(cursor === undefined ? {} : { after: afterOf(cursor) }),
          ...(status === undefined ? {} : { status }),
          ...(kind === 'all' ? {} : { kind }),
        });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          data: page.map(summaryToJson),
          next: rows.length > limit && last ? encodeCursor(last.started_at, last.id) : null,
        };
      },
    );
    routes.get(
      '/v1/reconciliations/:id',
      {
        config: { access: 'reconciliation:read' },
        schema: {
          tags,
          summary: 'One attempt with its report',
          params: z.object({ id: uuid('reconciliation') }),
          response: { 200: REPORT },
        },
      },
      async (request) => reportToJson(await service.get(request.params.id)),
    );
    routes.get(
      '/v1/reconciliations/dates/:date',
      {
        config: { access: 'reconciliation:read' },
        schema: {
          tags,
          summary: 'The final report in force for a business date',
          params: z.object({ date: DATE }),
          response: { 200: REPORT },
        },
      },
      async (request) => reportToJson(await service.getForDate(request.params.date)),
    );
  };

interface RunBody {
  readonly business_date?: BusinessDate | undefined;
  readonly again: boolean;
  readonly kind: RunKind;
}

function perform(service: ReconciliationService, body: RunBody, startedBy: string): Promise<RunResult> {
  const { business_date, again, kind } = body;
  if (kind === 'daily') {
    return service.performDailyReconciliation({
      ...(business_date === undefined ? {} : { businessDate: business_date }),
      onFinal: again ? 'supersede' : 'answer',
      startedBy,
    });
  }
  const faults = [
    ...(business_date === undefined
      ? []
      : [{ pointer: '/business_date', message: 'leave it out: the run is as of now' }]),
    ...(again ? [{ pointer: '/again', message: 'leave it out: intraday reports supersede nothing' }] : []),
  ];
  if (faults.length > 0) {
    throw new PlumblineError('invalid', 'reconciliation.intraday_is_now', 'an intraday run looks at the state of now', {
      faults,
    });
  }
  return service.performIntradayReconciliation({ startedBy });
}

function summaryToJson(row: ReconciliationRow): z.input<typeof SUMMARY> {
  return {
    id: row.id,
    book: row.book,
    kind: row.kind,
    business_date: row.business_date,
    attempt: row.attempt,
    supersedes: row.supersedes,
    started_by: row.started_by,
    worker: row.worker,
    status: row.status,
    total_assets_vnd: row.total_assets_vnd,
    total_liabilities_vnd: row.total_liabilities_vnd,
    difference_vnd: row.difference_vnd,
    tolerance_vnd: row.tolerance_vnd,
    asset_breakdown: z.record(z.string(), z.string().nullable()).nullable().parse(row.asset_breakdown),
    solvent: row.solvent,
    explained: row.explained,
    net_low_vnd: row.net_low_vnd,
    net_high_vnd: row.net_high_vnd,
    unexplained_vnd: row.unexplained_vnd,
    as_of: row.as_of?.toISOString() ?? null,
    as_of_basis: row.as_of_basis,
    alert_triggered: row.alert_triggered,
    error_message: row.error_message,
    started_at: row.started_at.toISOString(),
    observed_at: row.observed_at?.toISOString() ?? null,
    reconciled_at: row.reconciled_at?.toISOString() ?? null,
  };
}

export const reportToJson = (row: ReconciliationRow): z.input<typeof REPORT> => ({
  ...summaryToJson(row),
  report: z.record(z.string(), z.unknown()).nullable().parse(row.report),
  report_hash: row.report_hash,
});

function afterOf(cursor: string): NonNullable<PageRequest['after']> {
  const { at, id } = decodeCursor('reconciliation', cursor);
  return { startedAt: at, id };
}
