/** The SQL of a plan: it counts and samples, and changes nothing. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../../platform/db/port.ts';
import type { HeldSubject } from '../holds/hold.ts';
import { canonicalOf, pin, unheld } from '../run/store-rows.ts';

export interface Month {
  /** `2023-10`. */
  readonly month: string;
  readonly rows: number;
}

export interface Survey {
  readonly months: readonly Month[];
  readonly nulls: number;
  readonly all: number;
  /** Canonical rows, spread over what is old. */
  readonly sample: readonly string[];
}

const SAMPLE = 400;

/** In one snapshot. @param before ISO: rows before it are old enough */
export function survey(db: Db, subject: HeldSubject, before: string): Promise<Survey> {
  const column = sql`t.${sql.id(subject.column.name)}`;
  const table = sql.id(subject.schema, subject.name);
  const old: RawBuilder<unknown> = sql`${column} >= '0001-01-01' AND ${column} < ${before}::text::${sql.raw(subject.column.type)} AND ${unheld(subject)}`;
  return db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    await pin(tx);
    const months = await sql<{ month: string; rows: bigint }>`
      SELECT to_char(${column}, 'YYYY-MM') AS month, count(*) AS rows FROM ${table} AS t WHERE ${old} GROUP BY 1 ORDER BY 1`.execute(
      tx,
    );
    const totals = await sql<{ all: bigint; nulls: bigint }>`
      SELECT count(*) AS all, count(*) - count(${column}) AS nulls FROM ${table} AS t`.execute(tx);
    const rows = Number(months.rows.reduce((sum, each) => sum + each.rows, 0n));
    const every = Math.max(1, Math.floor(rows / SAMPLE));
    const sample = await sql<{ canonical: string }>`
      SELECT canonical FROM (
        SELECT ${canonicalOf(subject)} AS canonical FROM ${table} AS t WHERE ${old} AND abs(hashtext(t.${sql.id(subject.key.column)}::text)) % ${every} = 0 LIMIT ${SAMPLE}
      ) AS picked`.execute(tx);
    return {
      months: months.rows.map((each) => ({ month: each.month, rows: Number(each.rows) })),
      nulls: Number(totals.rows[0]?.nulls ?? 0n),
      all: Number(totals.rows[0]?.all ?? 0n),
      sample: sample.rows.map((each) => each.canonical),
    };
  });
}
