/** What both engines need to copy the rows of a query out: its text without parameters. */
import { PostgresQueryCompiler, type RawBuilder, sql } from 'kysely';
import { PlumblineError } from '../../kernel/errors.ts';
import type { CopyColumn } from './port.ts';

/** `SELECT` of the columns over the query, each made to its type by `cast`. */
export function copied(
  query: RawBuilder<unknown>,
  columns: readonly CopyColumn[],
  cast: (column: CopyColumn) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`SELECT ${sql.join(columns.map(cast))} FROM (${query}) AS copied`;
}

export const asType = ({ name, type }: CopyColumn): RawBuilder<unknown> =>
  sql`copied.${sql.id(name)}::${sql.raw(type)}`;

/** The text of a statement in which each parameter stands as a literal. */
export const withLiterals = (statement: RawBuilder<unknown>): string =>
  new LiteralCompiler().compileQuery(statement.toOperationNode(), { queryId: 'copy' }).sql;

class LiteralCompiler extends PostgresQueryCompiler {
  protected override appendValue(parameter: unknown): void {
    this.append(literal(parameter));
  }
}

/** Sessions have standard_conforming_strings on, so a quote is all that has to be escaped. */
function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string' && !value.includes('\0')) return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new PlumblineError('internal', 'db.no_literal', `a ${typeof value} cannot be a literal of a copied query`);
}
