/**
 * The table that a policy is of, held against the catalogue: what makes archival impossible is refused by
 * name, before anything is touched; what makes it slow or surprising is said.
 */
import { type Fault, PlumblineError } from '../../../kernel/errors.ts';
import type { ManifestColumn } from '../format/manifest.ts';
import type { Policy } from '../policies/policy.ts';
import type { Reference, TableColumn, TableFacts } from './store-table.ts';

/** Types whose text is the same after export, restore and export again. */
const SUPPORTED: ReadonlySet<string> = new Set([
  ...['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'money', 'oid', 'pg_lsn'],
  ...['text', 'varchar', 'bpchar', 'char', 'name', 'uuid', 'bytea', 'jsonb', 'bit', 'varbit', 'enum'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
  ...['inet', 'cidr', 'macaddr', 'macaddr8', 'tsvector', 'tsquery'],
  ...['point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle'],
]);

const REMEDIES: Readonly<Record<string, string>> = {
  json: 'it keeps its text as it was written, line ends included; make it jsonb',
};

const TIMES: ReadonlySet<string> = new Set(['timestamp with time zone', 'timestamp without time zone', 'date']);
const NUMBERS: ReadonlySet<string> = new Set(['bigint', 'integer', 'smallint']);

/** What the steps of a batch need to know of their table. */
export interface Subject {
  readonly schema: string;
  readonly name: string;
  /** `schema.table`, quoted where SQL needs it, as policies and batches name it. */
  readonly table: string;
  readonly key: { readonly column: string; readonly kind: 'uuid' | 'number'; readonly type: string };
  readonly column: { readonly name: string; readonly type: string };
  readonly columns: readonly ManifestColumn[];
  /** The key alone is unique; else together with the archive column. */
  readonly uniqueAlone: boolean;
  /** An index gives the order of the archive, ties included: rows can be read some at a time, and none is sorted again. */
  readonly ordered: boolean;
  /** Who must not refer to a row any more. */
  readonly references: readonly { readonly table: string; readonly column: string }[];
  readonly partitioned: boolean;
  readonly hasDefaultPartition: boolean;
}

export interface Risk {
  readonly code:
    | 'index'
    | 'references'
    | 'default_partition'
    | 'delete_trigger'
    | 'small_objects'
    | 'no_rows'
    | 'held'
    | 'nulls';
  readonly message: string;
}

export interface Judged {
  readonly subject: Subject | undefined;
  readonly faults: readonly Fault[];
  readonly risks: readonly Risk[];
}

export function judge(facts: TableFacts, policy: Policy): Judged {
  const faults: Fault[] = [];
  const risks: Risk[] = [];
  const table = facts.quoted;
  const column = facts.columns.find(({ name }) => name === policy.column);
  const key = facts.columns.find(({ name }) => name === policy.key);
  if (column === undefined) faults.push(absent('/column', policy.column, facts));
  else if (!TIMES.has(column.type.replace(/\(\d\)/, '')))
    faults.push({
      pointer: '/column',
      message: `"${column.name}" is of type ${column.type}; rows grow old by a timestamptz, timestamp or date`,
    });
  const kind = key && kindOf(key);
  if (key === undefined) faults.push(absent('/key', policy.key, facts));
  else if (kind === undefined)
    faults.push({
      pointer: '/key',
      message: `"${key.name}" is of type ${key.type}; a row is named by a uuid, bigint, integer or smallint`,
    });
  const same = (columns: readonly string[], wanted: readonly string[]): boolean =>
    columns.length === wanted.length && wanted.every((name) => columns.includes(name));
  const uniqueAlone = facts.unique.some((columns) => same(columns, [policy.key]));
  const uniqueWithTime = facts.unique.some((columns) => same(columns, [policy.key, policy.column]));
  if (key !== undefined && kind !== undefined && !(uniqueAlone || uniqueWithTime))
    faults.push({
      pointer: '/key',
      message: `"${policy.key}" is not unique in ${table}: a row without a key cannot be deleted by name; add a primary key or a unique index on it`,
    });
  if (key !== undefined && !key.notNull)
    faults.push({ pointer: '/key', message: `"${policy.key}" may be null; make it NOT NULL` });
  for (const each of facts.columns) {
    const odd = each.leaves.filter((leaf) => !SUPPORTED.has(leaf));
    if (odd.length > 0)
      faults.push({
        pointer: `/columns/${each.name}`,
        message: `"${each.name}" is of type ${each.type}, which is not archived (${odd.join(', ')}): ${REMEDIES[odd[0] ?? ''] ?? 'its text may not survive; make it a type that is'}`,
      });
  }
  for (const each of facts.references) {
    if (each.onDelete === 'cascade' || each.onDelete === 'set null' || each.onDelete === 'set default')
      faults.push({
        pointer: '/table',
        message: `${each.table} refers to it with ON DELETE ${each.onDelete.toUpperCase()} (${each.constraint}): deleting a row here would change rows there that are in no archive; make it NO ACTION, and archive ${each.table} first`,
      });
    else if (!same(each.referenced, [policy.key]))
      faults.push({
        pointer: '/table',
        message: `${each.table} refers to it by ${each.referenced.join(', ')} (${each.constraint}), not by the key "${policy.key}"; archive by the column that is referred to`,
      });
    else
      risks.push({
        code: 'references',
        message: `${each.table} refers to it (${each.constraint}): rows that are referred to stay; archive ${each.table} first`,
      });
  }
  if (facts.partitioned !== 'no' && facts.defaultPartition !== undefined)
    risks.push({
      code: 'default_partition',
      message: `it has a default partition, ${facts.defaultPartition}: no partition can be detached beside it without a lock, so rows leave in chunks`,
    });
  for (const trigger of facts.deleteTriggers)
    risks.push({
      code: 'delete_trigger',
      message: `trigger ${trigger} runs at each deletion: if it refuses, nothing is archived; if it writes, it writes for each row`,
    });
  if (column !== undefined && !facts.indexes.some((columns) => columns[0] === policy.column))
    risks.push({
      code: 'index',
      message: `no index begins with "${policy.column}": each batch reads the whole table; CREATE INDEX ON ${table} ("${policy.column}", "${policy.key}")`,
    });
  if (column !== undefined && !column.notNull)
    risks.push({ code: 'nulls', message: `"${policy.column}" may be null: such rows are never old, and stay` });
  const ordered = facts.indexes.some((columns) => columns[0] === policy.column && columns[1] === policy.key);
  const subject =
    column === undefined || key === undefined || kind === undefined || faults.length > 0
      ? undefined
      : {
          ...{ schema: facts.schema, name: facts.name, table, uniqueAlone, ordered },
          key: { column: key.name, kind, type: key.type },
          column: { name: column.name, type: column.type },
          columns: facts.columns.map(toManifest),
          references: facts.references.map(toReferer),
          partitioned: facts.partitioned === 'range' && same(facts.partitionKey, [policy.column]),
          hasDefaultPartition: facts.defaultPartition !== undefined,
        };
  return { subject, faults, risks };
}

const kindOf = ({ type }: TableColumn): 'uuid' | 'number' | undefined =>
  type === 'uuid' ? 'uuid' : NUMBERS.has(type) ? 'number' : undefined;

const toManifest = ({ name, type, notNull, generated }: TableColumn): ManifestColumn => ({
  ...{ name, type, generated },
  not_null: notNull,
});

const toReferer = ({ table, columns }: Reference): { readonly table: string; readonly column: string } => ({
  table,
  column: columns[0] ?? '',
});

const absent = (pointer: string, name: string, { columns }: TableFacts): Fault => ({
  pointer,
  message: `there is no column "${name}"; there are ${columns.map((each) => each.name).join(', ')}`,
});

/** @throws `archive.table_unfit` (invalid) with a fault for each reason */
export function subjectOf(facts: TableFacts, policy: Policy): Subject {
  const { subject, faults } = judge(facts, policy);
  if (subject !== undefined) return subject;
  throw new PlumblineError(
    'invalid',
    'archive.table_unfit',
    `${facts.quoted} cannot be archived by this policy: ${faults.map(({ message }) => message).join('; ')}`,
    { faults },
  );
}
