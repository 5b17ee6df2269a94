/** Questions answered by DuckDB, in this process and in memory (https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview). */
import type { Clock } from '../../kernel/clock.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import type { ColdQuery, QueryAnswer, QueryColumn, QueryTable } from './port.ts';

type Engine = typeof import('@duckdb/node-api');

/** What the engine may take; more is spilled to the folder. */
const MEMORY = '512MB';

/** A question that takes longer is broken off. Milliseconds. */
const TIMEOUT = 120_000;

export const duckdbQuery = (clock: Pick<Clock, 'after'>): ColdQuery => ({
  ask: async (statement, { folder, tables, limit }) => {
    const engine = await load();
    const instance = await engine.DuckDBInstance.create(':memory:', { threads: '2' });
    try {
      const connection = await instance.connect();
      const cancel = clock.after(TIMEOUT, () => connection.interrupt());
      try {
        for (const text of [
          "SET TimeZone = 'UTC'",
          `SET memory_limit = '${MEMORY}'`,
          `SET temp_directory = ${literal(folder)}`,
          `SET allowed_directories = [${literal(folder)}]`,
          'SET autoinstall_known_extensions = false',
          'SET autoload_known_extensions = false',
          ...tables.flatMap(viewOf),
          'SET enable_external_access = false',
          'SET lock_configuration = true',
        ]) {
          await connection.run(text);
        }
        return await answer(engine, connection, statement, limit);
      } finally {
        cancel();
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  },
});

async function load(): Promise<Engine> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new PlumblineError(
      'missing',
      'archive.query_unavailable',
      'DuckDB is not installed here, and questions over the archive need it: npm install @duckdb/node-api, an optional dependency',
      { cause },
    );
  }
}

async function answer(
  engine: Engine,
  connection: Awaited<ReturnType<Awaited<ReturnType<Engine['DuckDBInstance']['create']>>['connect']>>,
  statement: string,
  limit: number,
): Promise<QueryAnswer> {
  const refused = (why: string, cause?: unknown): PlumblineError =>
    new PlumblineError('invalid', 'archive.query_invalid', `the question cannot be answered: ${why}`, { cause });
  try {
    const extracted = await connection.extractStatements(statement);
    if (extracted.count !== 1) throw refused(`it has ${extracted.count} statements; write one SELECT`);
    const prepared = await extracted.prepare(0);
    if (prepared.statementType !== engine.StatementType.SELECT) throw refused('only a SELECT is answered');
    const reader = await prepared.streamAndReadUntil(limit + 1);
    const rows = reader.getRows().slice(0, limit);
    return {
      columns: reader.columnNames(),
      rows: rows.map((row) => row.map((value) => (value === null ? null : String(value)))),
      more: reader.currentRowCount > limit,
    };
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw refused(messageOf(error), error);
  }
}

/** A view a table, in its schema, so that both `audit_logs` and `public.audit_logs` are found. */
function viewOf({ schema, name, columns, files, longestLine }: QueryTable): readonly string[] {
  const types = columns.map((column) => `${literal(column.name)}: ${literal(typeOf(column))}`).join(', ');
  const from =
    files.length === 0
      ? `SELECT ${columns.map((column) => `NULL::${typeOf(column)} AS ${quoted(column.name)}`).join(', ')} WHERE false`
      : `SELECT * FROM read_json([${files.map(literal).join(', ')}], format = 'newline_delimited', columns = {${types}}, maximum_object_size = ${Math.max(1 << 20, longestLine + 1)})`;
  const home = schema === 'public' ? 'main' : schema;
  return [
    `CREATE SCHEMA IF NOT EXISTS ${quoted(home)}`,
    'CREATE SCHEMA IF NOT EXISTS public',
    `CREATE OR REPLACE VIEW ${quoted(home)}.${quoted(name)} AS ${from}`,
    ...(schema === 'public'
      ? [`CREATE OR REPLACE VIEW public.${quoted(name)} AS SELECT * FROM main.${quoted(name)}`]
      : []),
  ];
}

const TYPES: Readonly<Record<string, string>> = {
  uuid: 'UUID',
  boolean: 'BOOLEAN',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  'double precision': 'DOUBLE',
  date: 'DATE',
  jsonb: 'JSON',
  'timestamp with time zone': 'TIMESTAMPTZ',
  'timestamp without time zone': 'TIMESTAMP',
};

/** What has no type of the same meaning stays text. */
function typeOf({ type }: QueryColumn): string {
  const known = TYPES[type.replace(/\(\d\)/, '')];
  if (known !== undefined) return known;
  const [, precision, scale] = /^numeric\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision !== undefined && Number(precision) <= 38 ? `DECIMAL(${precision},${scale})` : 'VARCHAR';
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
