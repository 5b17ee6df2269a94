/** Statement matching over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { parseBusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { decodeCursor, decodeMark, encodeCursor, encodeMark } from '../../../platform/http-server/cursor.ts';
import { DECIMAL, LINE_OF_TEXT, type RegisterRoutes, TIMESTAMP, uuid } from '../../../platform/http-server/port.ts';
import { dayNumber } from './calendar.ts';
import { RowReader } from './line-row.ts';
import { policyOf } from './policy.ts';
import type { MatchRequest, StatementMatching } from './service.ts';
import type { MatchingLineRow, MatchingRow, Outcome } from './store.ts';

const DATE = z.string().describe('Business date, YYYY-MM-DD').transform(parseBusinessDate);
const MOST_LINES = 20_000;
const LINE = z.looseObject({
  id: z.string().min(1).max(500),
  booked_on: z.string().max(40).describe('A date, or an instant with its offset'),
  amount: z.string().max(100).describe('Exact decimal as a string; above zero: received'),
  currency: z.string().max(10),
  reference: z.string().max(2_000).default(''),
  counterparty: z.string().max(2_000).default(''),
  batch: z.string().max(500).optional(),
});
const BODY = z.strictObject({
  account: LINE_OF_TEXT,
  from: DATE,
  to: DATE,
  policy: z.record(z.string(), z.unknown()).describe('The matching policy, as its file says it'),
  statement: z.array(LINE).max(MOST_LINES),
  ledger: z.array(LINE).max(MOST_LINES).optional().describe("Unless told, the account's own query in the book"),
});
const TALLY = z.object({ lines: z.int(), sum: DECIMAL });
const SIDE = z.object({ all: TALLY, matched: TALLY, ambiguous: TALLY, unmatched: TALLY });
const TOTALS = z.array(z.object({ currency: z.string(), external: SIDE, ledger: SIDE, difference: DECIMAL }));
const MATCHING = z.object({
  id: z.uuid(),
  account: z.string(),
  from: z.iso.date(),
  to: z.iso.date(),
  attempt: z.int(),
  supersedes: z.uuid().nullable(),
  started_by: z.string(),
  policy: z.object({ name: z.string(), version: z.int(), hash: z.string() }),
  engine: z.int(),
  status: z.enum(['complete', 'open']).describe('open: a line is left on either side'),
  matches: z.int(),
  totals: TOTALS,
  external_hash: z.string().describe("SHA-256 of the statement's lines"),
  ledger_hash: z.string(),
  result_hash: z.string().describe('SHA-256 of all that came out'),
  created_at: TIMESTAMP,
});
const RESULT_LINE = z.object({
  side: z.enum(['external', 'ledger']),
  id: z.string(),
  booked_on: z.iso.date(),
  age_days: z.int().describe('Days since then'),
  currency: z.string(),
  amount: DECIMAL,
  reference: z.string(),
  counterparty: z.string(),
  outcome: z.enum(['matched', 'ambiguous', 'unmatched']),
  set: z.int().nullable().describe('Lines of one number belong to one match, or to one ambiguous set'),
  rule: z.string().nullable(),
  reason: z.string().nullable(),
});
const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({ data: z.array(row), next: z.string().nullable().describe('Cursor of the next page') });
const PAGE_QUERY = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(200).optional(),
};
const LINES_QUERY = z.strictObject({ ...PAGE_QUERY, side: z.enum(['external', 'ledger']).optional() });

const tags = ['reconciliation'];
const read = { access: 'reconciliation:read' };

/** @param ledgerOf the query of an account's ledger lines, where there is one */
export const statementMatchingRoutes =
  (service: StatementMatching, ledgerOf: (account: string) => string | undefined): RegisterRoutes =>
  (routes) => {
    routes.post(
      '/v1/statement-matchings',
      {
        config: { access: 'reconciliation:run', acts: true },
        schema: {
          tags,
          summary: "Match an account's statement against its ledger",
          description:
            'Lines that are left or ambiguous are an answer, not an error. A second one supersedes the first.',
          body: BODY,
          response: { 201: MATCHING },
        },
      },
      async (request, reply) => {
        const { row } = await service.match({ ...requestOf(request.body, ledgerOf), startedBy: request.subject });
        reply.code(201);
        return matchingToJson(row);
      },
    );
    routes.get(
      '/v1/statement-matchings',
      {
        config: read,
        schema: {
          tags,
          summary: 'Statement matchings, newest first',
          querystring: z.strictObject({ ...PAGE_QUERY, account: z.string().max(100).optional() }),
          response: { 200: pageOf(MATCHING) },
        },
      },
      async (request) => {
        const { limit, cursor, account } = request.query;
        const after = cursor === undefined ? undefined : decodeCursor('statement-matching', cursor);
        const rows = await service.list({
          limit: limit + 1,
          ...(account === undefined ? {} : { account }),
          ...(after === undefined ? {} : { after: { createdAt: after.at, id: after.id } }),
        });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        const next = rows.length > limit && last ? encodeCursor(last.created_at, last.id) : null;
        return { data: page.map(matchingToJson), next };
      },
    );
    routes.get(
      '/v1/statement-matchings/:id',
      {
        config: read,
        schema: {
          tags,
          summary: 'One statement matching',
          params: z.object({ id: uuid('statement-matching') }),
          response: { 200: MATCHING },
        },
      },
      async (request) => matchingToJson(await service.get(request.params.id)),
    );
    const lineRoute = (name: string, summary: string, outcomes: readonly Outcome[]) =>
      routes.get(
        `/v1/statement-matchings/:id/${name}`,
        {
          config: read,
          schema: {
            tags,
            summary,
            params: z.object({ id: uuid('statement-matching') }),
            querystring: LINES_QUERY,
            response: { 200: pageOf(RESULT_LINE) },
          },
        },
        async (request) => {
          const { limit, cursor, side } = request.query;
          const rows = await service.lines(request.params.id, {
            limit: limit + 1,
            outcomes,
            ...(side === undefined ? {} : { side }),
            ...(cursor === undefined ? {} : { after: BigInt(decodeMark(cursor, /^\d{1,18}$/)) }),
          });
          const page = rows.slice(0, limit);
          const last = page.at(-1);
          const today = dayNumber(service.today());
          return {
            data: page.map((row) => lineToJson(row, today)),
            next: rows.length > limit && last ? encodeMark(String(last.place)) : null,
          };
        },
      );
    lineRoute(
      'unmatched',
      'What is left: unmatched lines of both sides, the oldest first, then ambiguous ones set by set',
      ['unmatched', 'ambiguous'],
    );
    lineRoute('matches', 'The lines of all matches, match by match', ['matched']);
  };

function requestOf(
  { account, from, to, policy: document, statement, ledger }: z.output<typeof BODY>,
  ledgerOf: (account: string) => string | undefined,
): Omit<MatchRequest, 'startedBy'> {
  const policy = policyOf(document, 'of the request');
  const reader = new RowReader(policy);
  const linesOf = (side: string, rows: readonly z.output<typeof LINE>[]) =>
    rows.map((row, at) => reader.read(row, () => `/${side}/${at}`));
  const external = linesOf('statement', statement);
  if (ledger !== undefined) {
    return {
      account,
      from,
      to,
      policy,
      statement: external,
      ledger: { kind: 'lines', lines: linesOf('ledger', ledger) },
    };
  }
  const sql = ledgerOf(account);
  if (sql !== undefined) return { account, from, to, policy, statement: external, ledger: { kind: 'sql', sql } };
  throw new PlumblineError(
    'invalid',
    'matching.ledger_missing',
    `the book has no ledger query for the account "${account}"; send the ledger's lines`,
    { faults: [{ pointer: '/ledger', message: 'must be the lines, for this account has no query' }] },
  );
}

const matchingToJson = (row: MatchingRow): z.input<typeof MATCHING> => ({
  id: row.id,
  account: row.account,
  from: row.first_day,
  to: row.last_day,
  attempt: row.attempt,
  supersedes: row.supersedes,
  started_by: row.started_by,
  policy: { name: row.policy, version: row.policy_version, hash: row.policy_hash },
  engine: row.engine,
  status: row.status,
  matches: Number(row.matches),
  totals: TOTALS.parse(row.totals),
  external_hash: row.external_hash,
  ledger_hash: row.ledger_hash,
  result_hash: row.result_hash,
  created_at: row.created_at.toISOString(),
});

const lineToJson = (row: MatchingLineRow, today: number): z.input<typeof RESULT_LINE> => ({
  side: row.side,
  id: row.line_id,
  booked_on: row.booked_on,
  age_days: Math.max(0, today - dayNumber(row.booked_on)),
  currency: row.currency,
  amount: row.amount,
  reference: row.reference,
  counterparty: row.counterparty,
  outcome: row.outcome,
  set: row.set_number === null ? null : Number(row.set_number),
  rule: row.rule,
  reason: row.reason,
});
