/** What the catalogue says of a table: columns and their types, keys, who refers to it, its partitions. */
import { sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';

export interface TableColumn {
  readonly name: string;
  /** As `format_type` writes it: `numeric(20,2)`. */
  readonly type: string;
  readonly notNull: boolean;
  readonly generated: boolean;
  /** What it consists of: of an array its element, of a range its bounds, of a domain its base. */
  readonly leaves: readonly string[];
}

/** A foreign key of another table that refers to this one. */
export interface Reference {
  readonly constraint: string;
  /** Quoted. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly referenced: readonly string[];
  /** What a deletion does there. */
  readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';
}

export interface TableFacts {
  readonly schema: string;
  readonly name: string;
  /** `schema.name`, quoted where SQL needs it. */
  readonly quoted: string;
  readonly partitioned: 'no' | 'range' | 'other';
  /** Columns that it is partitioned by. */
  readonly partitionKey: readonly string[];
  readonly defaultPartition: string | undefined;
  readonly columns: readonly TableColumn[];
  /** Columns of each unique index without condition or expression. */
  readonly unique: readonly (readonly string[])[];
  /** Columns that an index begins with. */
  readonly indexes: readonly (readonly string[])[];
  readonly references: readonly Reference[];
  /** Triggers of people that run when a row is deleted. */
  readonly deleteTriggers: readonly string[];
  readonly rowSecurity: boolean;
  /** With its indexes, bytes, and how many rows the planner reckons with. */
  readonly bytes: bigint;
  readonly reckonedRows: number;
}

interface Row {
  readonly schema: string;
  readonly name: string;
  readonly quoted: string;
  readonly oid: number;
  readonly strategy: string | null;
  readonly partition_key: string[];
  readonly default_partition: string | null;
  readonly row_security: boolean;
  readonly bytes: bigint;
  readonly reckoned: number;
}

/** @param name as SQL names it: `audit_logs`, `sandbox.audit_logs`; undefined where there is no such table */
export async function readTable(db: Sql | Tx, name: string): Promise<TableFacts | undefined> {
  const { rows } = await sql<Row>`
    WITH RECURSIVE parts AS (
      SELECT to_regclass(${name})::oid AS oid
      UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN parts p ON i.inhparent = p.oid
    )
    SELECT n.nspname AS schema, c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted, c.oid, pt.partstrat AS strategy,
      coalesce(ARRAY(SELECT a.attname::text FROM unnest(pt.partattrs) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum ORDER BY k.n), '{}') AS partition_key,
      (SELECT format('%I.%I', dn.nspname, d.relname) FROM pg_class d JOIN pg_namespace dn ON dn.oid = d.relnamespace WHERE d.oid = pt.partdefid) AS default_partition,
      c.relrowsecurity AS row_security,
      (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM parts) AS bytes,
      (SELECT coalesce(sum(greatest(p.reltuples, 0)), 0)::float8 FROM parts JOIN pg_class p USING (oid) WHERE p.relkind = 'r') AS reckoned
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_partitioned_table pt ON pt.partrelid = c.oid
    WHERE c.oid = to_regclass(${name}) AND c.relkind IN ('r', 'p')`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const [columns, indexes, references, triggers] = [
    await readColumns(db, row.oid),
    await readIndexes(db, row.oid),
    await readReferences(db, row.oid),
    await sql<{ name: string }>`
      SELECT tgname AS name FROM pg_trigger WHERE tgrelid = ${row.oid} AND NOT tgisinternal AND tgtype & 8 = 8 AND tgenabled <> 'D' ORDER BY 1`.execute(
      db,
    ),
  ];
  return {
    schema: row.schema,
    name: row.name,
    quoted: row.quoted,
    partitioned: row.strategy === null ? 'no' : row.strategy === 'r' ? 'range' : 'other',
    partitionKey: row.partition_key,
    defaultPartition: row.default_partition ?? undefined,
    columns,
    unique: indexes.filter((each) => each.unique).map((each) => each.columns),
    indexes: indexes.map((each) => each.columns),
    references,
    deleteTriggers: triggers.rows.map((each) => each.name),
    rowSecurity: row.row_security,
    bytes: row.bytes,
    reckonedRows: row.reckoned,
  };
}

async function readColumns(db: Sql | Tx, oid: number): Promise<readonly TableColumn[]> {
  const { rows } = await sql<{ name: string; type: string; not_null: boolean; generated: boolean; leaves: string[] }>`
    WITH RECURSIVE part AS (
      SELECT a.attnum, a.atttypid AS type FROM pg_attribute a WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT p.attnum, CASE
        WHEN t.typtype = 'd' THEN t.typbasetype
        WHEN t.typtype = 'r' THEN (SELECT rngsubtype FROM pg_range WHERE rngtypid = t.oid)
        WHEN t.typtype = 'm' THEN (SELECT rngsubtype FROM pg_range WHERE rngmultitypid = t.oid)
        ELSE t.typelem END
      FROM part p JOIN pg_type t ON t.oid = p.type
      WHERE t.typtype IN ('d', 'r', 'm') OR t.typcategory = 'A'
    )
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, a.attgenerated <> '' AS generated,
      ARRAY(SELECT CASE WHEN t.typtype = 'e' THEN 'enum' WHEN t.typtype = 'c' THEN 'composite ' || t.typname
          WHEN n.nspname = 'pg_catalog' THEN t.typname::text ELSE n.nspname || '.' || t.typname END
        FROM part p JOIN pg_type t ON t.oid = p.type JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE p.attnum = a.attnum AND t.typtype NOT IN ('d', 'r', 'm') AND t.typcategory <> 'A' ORDER BY 1) AS leaves
    FROM pg_attribute a WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, notNull: row.not_null }));
}

async function readIndexes(
  db: Sql | Tx,
  oid: number,
): Promise<readonly { readonly unique: boolean; readonly columns: readonly string[] }[]> {
  const { rows } = await sql<{ unique: boolean; columns: string[] }>`
    SELECT i.indisunique AND i.indimmediate AS unique,
      ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts ORDER BY k.n) AS columns
    FROM pg_index i WHERE i.indrelid = ${oid} AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`.execute(
    db,
  );
  return rows;
}

const ON_DELETE: Readonly<Record<string, Reference['onDelete']>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

async function readReferences(db: Sql | Tx, oid: number): Promise<readonly Reference[]> {
  const { rows } = await sql<{
    constraint: string;
    table: string;
    columns: string[];
    referenced: string[];
    action: string;
  }>`
    SELECT k.conname AS constraint, format('%I.%I', n.nspname, c.relname) AS table, k.confdeltype AS action,
      ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, n)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.n) AS columns,
      ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, n)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.n) AS referenced
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype = 'f' AND k.confrelid = ${oid} AND k.conparentid = 0 ORDER BY 1`.execute(db);
  return rows.map(({ action, ...row }) => ({ ...row, onDelete: ON_DELETE[action] ?? 'cascade' }));
}

export interface Partition {
  /** Quoted. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** `FOR VALUES FROM ('...') TO ('...')`. */
  readonly bound: string;
  readonly reckonedRows: number;
}

/** The partitions of a table, which are tables themselves, the default one not among them. */
export async function readPartitions(db: Sql | Tx, name: string): Promise<readonly Partition[]> {
  const { rows } = await sql<{ name: string; schema: string; table: string; bound: string; reckoned: number }>`
    SELECT format('%I.%I', n.nspname, c.relname) AS name, n.nspname AS schema, c.relname AS table,
      pg_get_expr(c.relpartbound, c.oid) AS bound, greatest(c.reltuples, 0)::float8 AS reckoned
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.inhparent = to_regclass(${name}) AND c.relkind = 'r' AND NOT i.inhdetachpending
      AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
    ORDER BY pg_get_expr(c.relpartbound, c.oid)`.execute(db);
  return rows.map(({ reckoned, ...row }) => ({ ...row, reckonedRows: reckoned }));
}
