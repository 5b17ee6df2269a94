/** Comparison and drill-down over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { decodeMark, encodeMark } from '../../../platform/http-server/cursor.ts';
import { DECIMAL, type RegisterRoutes, TIMESTAMP, uuid } from '../../../platform/http-server/port.ts';
import type { ReconciliationRow } from '../store.ts';
import type { Change, Comparison, LineChange } from './compare.ts';
import type { CounterAccount } from './movements.ts';
import type { ComparedReports, DrillDown, Movements } from './service.ts';
import type { EntryMark } from './store.ts';

const AMOUNT = DECIMAL.nullable().describe('null where it is unknown');
const CHANGE = z.object({ before: AMOUNT, after: AMOUNT, change: AMOUNT });
const REPORT = z.object({
  id: z.uuid(),
  business_date: z.iso.date(),
  status: z.enum(['in_progress', 'balanced', 'surplus', 'deficit', 'error']),
  as_of: TIMESTAMP.nullable(),
});
const EFFECTS = {
  amount_effect: AMOUNT.describe('What the change of the amount is worth at the old rate'),
  rate_effect: AMOUNT.describe('What the change of the rate is worth, for the new amount'),
};
const LINE = z.object({
  id: z.string(),
  title: z.string(),
  currency: z.string(),
  is: z.enum(['kept', 'new', 'gone']),
  amount: CHANGE,
  value: CHANGE,
  ...EFFECTS,
});
const BREAK = z.object({ key: z.string(), currency: z.string(), amount: DECIMAL, text: z.string() });
const COMPARISON = z.object({
  before: REPORT,
  after: REPORT,
  currency: z.string(),
  same_book: z.boolean().describe('Whether one formula made both'),
  rates: z.array(z.object({ pair: z.string(), before: AMOUNT, after: AMOUNT })),
  assets: CHANGE,
  liabilities: CHANGE,
  difference: CHANGE.extend(EFFECTS).describe('Its effects are the sums of those of `lines`'),
  net: CHANGE.describe('Observed assets less liabilities, at the middle rate'),
  unexplained: CHANGE,
  lines: z.array(LINE.extend({ side: z.enum(['asset', 'liability']) })),
  observed: z.array(LINE.extend({ ledger: CHANGE })),
  explained_by: z.array(z.object({ id: z.string(), title: z.string(), value: CHANGE })),
  breaks: z.object({
    opened: z.array(BREAK),
    resolved: z.array(BREAK),
    changed: z.array(BREAK.extend({ before: DECIMAL })),
  }),
});

const COUNTER = z.object({
  account: z.string(),
  currency: z.string(),
  entries: z.int(),
  amount: DECIMAL.describe('What the entries with it added to the account'),
});
const MOVEMENTS = z.object({
  line: z.string(),
  title: z.string(),
  account: z.string(),
  currency: z.string(),
  before: REPORT.nullable().describe('null: there is none, so the entries are all that there are'),
  after: REPORT,
  observed: CHANGE,
  ledger: CHANGE,
  entries_count: z.int(),
  entries_amount: DECIMAL.describe("What the account's entries between the two reports add up to"),
  unexplained: AMOUNT.describe('Observed change less the entries: what moved, and no entry says so'),
  rewritten: AMOUNT.describe(
    "The ledger's change less the entries: what was written into its past, or taken out of it",
  ),
  counter_accounts: z.array(COUNTER).describe('The largest first'),
  other_currencies: z.array(COUNTER).describe('Entries on the account in another currency: no part of the sums'),
  data: z
    .array(
      z.object({
        id: z.string(),
        counter_account: z.string(),
        currency: z.string(),
        amount: DECIMAL.describe('What it added to the account'),
        reference: z.string().nullable(),
        created_at: TIMESTAMP,
      }),
    )
    .describe('The entries, newest first'),
  next: z.string().nullable().describe('Cursor of the next page'),
});

const tags = ['reconciliation'];
const access = 'reconciliation:read';
const REFERENCE = uuid('reconciliation');

export const drillDownRoutes =
  (drillDown: DrillDown): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/reconciliations/:id/compare',
      {
        config: { access },
        schema: {
          tags,
          summary: 'What changed between two reports, line by line',
          params: z.object({ id: REFERENCE }),
          querystring: z.strictObject({
            with: REFERENCE.optional().describe('The other report; the final one before unless told'),
          }),
          response: { 200: COMPARISON },
        },
      },
      async (request) => comparisonToJson(await drillDown.compare(request.params.id, request.query.with)),
    );
    routes.get(
      '/v1/reconciliations/:id/lines/:line/movements',
      {
        config: { access },
        schema: {
          tags,
          summary: "What moved an observed line since the report before, by the ledger's entries",
          params: z.object({ id: REFERENCE, line: z.string().max(80) }),
          querystring: z.strictObject({
            since: REFERENCE.optional().describe('The report to look back to; the final one before unless told'),
            limit: z.coerce.number().int().min(1).max(500).default(50),
            cursor: z.string().max(1_000).optional(),
          }),
          response: { 200: MOVEMENTS },
        },
      },
      async (request) => {
        const { since, limit, cursor } = request.query;
        const found = await drillDown.movements({
          ...{ id: request.params.id, line: request.params.line, limit },
          ...(since === undefined ? {} : { since }),
          ...(cursor === undefined ? {} : { after: markOf(cursor) }),
        });
        return movementsToJson(found);
      },
    );
  };

const reportToJson = (row: ReconciliationRow): z.input<typeof REPORT> => ({
  ...{ id: row.id, business_date: row.business_date, status: row.status },
  as_of: row.as_of?.toISOString() ?? null,
});

const changeToJson = ({ before, after, change }: Change): z.input<typeof CHANGE> => ({ before, after, change });

const lineToJson = (line: LineChange): z.input<typeof LINE> => ({
  ...{ id: line.id, title: line.title, currency: line.currency, is: line.is },
  ...{ amount: changeToJson(line.amount), value: changeToJson(line.value) },
  ...{ amount_effect: line.amountEffect, rate_effect: line.rateEffect },
});

function comparisonToJson({ before, after, comparison }: ComparedReports): z.input<typeof COMPARISON> {
  const { difference, lines, observed, explainedBy, breaks }: Comparison = comparison;
  return {
    ...{ before: reportToJson(before), after: reportToJson(after) },
    ...{ currency: comparison.currency, same_book: comparison.sameBook, rates: [...comparison.rates] },
    ...{ assets: changeToJson(comparison.assets), liabilities: changeToJson(comparison.liabilities) },
    difference: {
      ...changeToJson(difference),
      ...{ amount_effect: difference.amountEffect, rate_effect: difference.rateEffect },
    },
    ...{ net: changeToJson(comparison.net), unexplained: changeToJson(comparison.unexplained) },
    lines: lines.map((line) => ({ ...lineToJson(line), side: line.side })),
    observed: observed.map((line) => ({ ...lineToJson(line), ledger: changeToJson(line.ledger) })),
    explained_by: explainedBy.map(({ id, title, value }) => ({ id, title, value: changeToJson(value) })),
    breaks: { opened: [...breaks.opened], resolved: [...breaks.resolved], changed: [...breaks.changed] },
  };
}

const counterToJson = (counter: CounterAccount): z.input<typeof COUNTER> => ({ ...counter });

function movementsToJson({ before, after, movement, entries, next, ...line }: Movements): z.input<typeof MOVEMENTS> {
  return {
    ...line,
    ...{ before: before === undefined ? null : reportToJson(before), after: reportToJson(after) },
    ...{ observed: changeToJson(movement.observed), ledger: changeToJson(movement.ledger) },
    ...{ entries_count: movement.entries.count, entries_amount: movement.entries.amount },
    ...{ unexplained: movement.unexplained, rewritten: movement.rewritten },
    counter_accounts: movement.counterAccounts.map(counterToJson),
    other_currencies: movement.otherCurrencies.map(counterToJson),
    data: entries.map(({ counterAccount, createdAt, ...entry }) => ({
      ...entry,
      ...{ counter_account: counterAccount, created_at: createdAt },
    })),
    next: next === undefined ? null : encodeMark(`${next.createdAt}/${Buffer.from(next.id).toString('base64url')}`),
  };
}

const MARK = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\/[\w-]+$/;

function markOf(cursor: string): EntryMark {
  const [createdAt = '', id = ''] = decodeMark(cursor, MARK).split('/');
  return { createdAt, id: Buffer.from(id, 'base64url').toString('utf8') };
}
