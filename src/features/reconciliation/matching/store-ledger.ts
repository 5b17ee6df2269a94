/** The ledger's lines, by a query over the platform's tables: one SELECT, in one read-only snapshot, batch by batch. */
import { sql } from 'kysely';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { sqlState } from '../../../platform/db/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { beginSnapshot } from '../store.ts';
import { RowReader } from './line-row.ts';
import type { LineReader } from './lines-builder.ts';
import type { Policy } from './policy.ts';

/**
 * The query has the columns id, booked_on (date or timestamptz), amount (exact), currency, reference,
 * counterparty and batch, the last three of which may be NULL; `:from` and `:to` in it are the first and
 * the last day.
 */
export interface LedgerQuery {
  readonly sql: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** search_path of the query. */
  readonly schema: string;
  readonly timeoutMs: number;
}

const BATCH = 5_000;
const DAY = /(?<![:\w]):(from|to)\b/;
const EXACT = new Set(['numeric', 'bigint', 'integer', 'smallint']);
const DAYS = new Set(['date', 'timestamp with time zone']);

interface Row {
  readonly id: string | null;
  readonly booked_on: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly reference: string | null;
  readonly counterparty: string | null;
  readonly batch: string | null;
  readonly amount_type: string;
  readonly day_type: string;
}

/**
 * @returns what reads all lines, batch by batch, from one snapshot, and throws, when it reads,
 * `matching.ledger_query_failed`, `matching.ledger_column`, `matching.line_malformed` (invalid)
 */
export const ledgerReader = (platform: Db, policy: Policy, query: LedgerQuery): LineReader => ({
  readInto: async (lines) => {
    const reader = new RowReader(policy);
    try {
      await platform.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
        await beginSnapshot(tx, query.schema, query.timeoutMs);
        await open(tx, query);
        for (let count = 0; ; ) {
          const { rows } = await sql<Row>`FETCH ${sql.raw(String(BATCH))} FROM ledger_lines`.execute(tx);
          const [first] = rows;
          if (first !== undefined && count === 0) judgeTypes(first);
          for (const [at, row] of rows.entries()) lines.add(reader.read(row, () => `ledger row ${count + at + 1}`));
          count += rows.length;
          if (rows.length < BATCH) break;
        }
      });
    } catch (error) {
      if (error instanceof PlumblineError) throw error;
      const state = sqlState(error);
      if (state === undefined) throw error;
      throw new PlumblineError(
        'invalid',
        'matching.ledger_query_failed',
        `the ledger's query failed: ${messageOf(error)}; it is one SELECT of id, booked_on, amount, currency, reference, counterparty, batch`,
        { details: { sqlstate: state }, cause: error },
      );
    }
  },
});

/**
 * Inside a sub-select it can only be one query, and it cannot write. That it does not end the sub-select and
 * begin a statement of its own is seen first, where a bound parameter lets the protocol have one statement
 * alone: a cursor takes no parameters, so its days are written into it, digits and hyphens that were parsed.
 */
async function open(tx: Tx, { sql: text, from, to }: LedgerQuery): Promise<void> {
  const parts = text.trim().replace(/;\s*$/, '').split(DAY);
  const bound = parts.map((part, at) => (at % 2 === 0 ? part : `DATE '${part === 'from' ? from : to}'`)).join('');
  const query = sql.raw(`\n${bound}\n`);
  await sql`SELECT FROM (${query}) AS line LIMIT ${0}::int`.execute(tx);
  await sql`DECLARE ledger_lines NO SCROLL CURSOR FOR
    SELECT line.id::text AS id, to_jsonb(line.booked_on) #>> '{}' AS booked_on, line.amount::text AS amount,
      line.currency::text AS currency, line.reference::text AS reference, line.counterparty::text AS counterparty,
      line.batch::text AS batch, pg_typeof(line.amount)::text AS amount_type, pg_typeof(line.booked_on)::text AS day_type
    FROM (${query}) AS line`.execute(tx);
}

function judgeTypes({ amount_type, day_type }: Row): void {
  if (!EXACT.has(amount_type))
    throw column('amount', amount_type, 'which is not exact; cast it to numeric where it comes from');
  if (!DAYS.has(day_type)) throw column('booked_on', day_type, 'which is not a day; make it a date or a timestamptz');
}

const column = (name: string, type: string, remedy: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'matching.ledger_column',
    `column "${name}" of the ledger's query is ${type}, ${remedy}`,
    {
      details: { column: name, type },
    },
  );
