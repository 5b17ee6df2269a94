/** The SQL of watched tables: triggers that say each change in the transaction that makes it. */
import { sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';

export interface Table {
  readonly schema: string;
  readonly name: string;
  /** `schema.name`, quoted where SQL needs it. */
  readonly quoted: string;
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

/** @param name as SQL names it: `payments`, `sandbox.payments`; undefined where there is no such table */
export async function findTable(db: Sql | Tx, name: string): Promise<Table | undefined> {
  const { rows } = await sql<{ schema: string; name: string; quoted: string; key: string[]; columns: string[] }>`
    SELECT n.nspname AS schema, c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
      ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.n) AS key,
      ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass(${name}) AND c.relkind IN ('r', 'p')`.execute(db);
  return rows[0];
}

export interface Watch {
  readonly table: string;
  readonly stream: string;
  readonly key: readonly string[];
  readonly without: readonly string[];
  /** The trigger fires: it was not switched off. */
  readonly enabled: boolean;
}

/** Every watched table of this database. */
export async function listWatches(db: Sql | Tx): Promise<readonly Watch[]> {
  const { rows } = await sql<{ table: string; args: string[]; key: string[]; without: string[]; enabled: boolean }>`
    WITH watched AS (
      SELECT format('%I.%I', n.nspname, c.relname) AS name, t.tgenabled,
        string_to_array(convert_from(t.tgargs, 'UTF8'), chr(1)) AS args
      FROM (SELECT tgrelid, tgenabled, decode(replace(encode(tgargs, 'hex'), '00', '01'), 'hex') AS tgargs FROM pg_trigger
        WHERE tgname = 'audit_watched' AND NOT tgisinternal) AS t
      JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    )
    SELECT name AS table, args, args[2]::text[] AS key, args[3]::text[] AS without, tgenabled <> 'D' AS enabled FROM watched ORDER BY 1`.execute(
    db,
  );
  return rows.map(({ table, args, key, without, enabled }) => ({
    table,
    stream: args[0] ?? '',
    key,
    without,
    enabled,
  }));
}

const literal = (text: string) => sql.lit(text);

/** The triggers, in place of those that were there. */
export async function installWatch(tx: Tx, table: Table, stream: string, without: readonly string[]): Promise<void> {
  await removeWatch(tx, table.quoted);
  const on = sql.raw(table.quoted);
  const args = sql`${literal(stream)}, ${literal(arrayOf(table.key))}, ${literal(arrayOf(without))}`;
  await sql`CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON ${on} FOR EACH ROW EXECUTE FUNCTION audit_watch(${args})`.execute(
    tx,
  );
  await sql`CREATE TRIGGER audit_watched_truncate AFTER TRUNCATE ON ${on} FOR EACH STATEMENT EXECUTE FUNCTION audit_watch(${args})`.execute(
    tx,
  );
}

export async function removeWatch(tx: Tx, quotedTable: string): Promise<void> {
  const on = sql.raw(quotedTable);
  await sql`DROP TRIGGER IF EXISTS audit_watched ON ${on}`.execute(tx);
  await sql`DROP TRIGGER IF EXISTS audit_watched_truncate ON ${on}`.execute(tx);
}

/** Says every row that is there already. @returns how many */
export async function sayRows(
  tx: Tx,
  table: Table,
  stream: string,
  without: readonly string[],
  actor: string,
): Promise<number> {
  await sql`SELECT set_config('timezone', 'UTC', true), set_config('intervalstyle', 'iso_8601', true)`.execute(tx);
  const { numAffectedRows } = await sql`
    INSERT INTO audit_outbox (stream_id, record_id, op, actor, record)
    SELECT s.id, audit_row_id(to_jsonb(t), ${arrayOf(table.key)}::text[]), 'snapshot', ${actor}, audit_row(to_jsonb(t), ${arrayOf(without)}::text[])
    FROM ${sql.raw(table.quoted)} AS t CROSS JOIN audit_streams s WHERE s.name = ${stream}`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

const arrayOf = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
