/**
 * How rows of an older shape go into their table of today. Where the two differ, nothing is guessed: each
 * column that differs is named, and who asks says where it goes.
 */
import { z } from 'zod';
import { type Fault, PlumblineError } from '../../../kernel/errors.ts';
import type { ManifestColumn } from '../format/manifest.ts';
import type { TableColumn } from '../plan/store-table.ts';

const NAME = z.string().min(1).max(63);

export const MAPPING = z.strictObject({
  columns: z
    .record(NAME, NAME.nullable())
    .default({})
    .describe('Column of the archive to column of the table; null keeps its value in _overflow'),
  fill: z
    .record(NAME, z.enum(['default', 'null']))
    .default({})
    .describe('Columns that the archive does not have: their default of today, or null'),
});
export type Mapping = z.output<typeof MAPPING>;

interface Pair {
  readonly archived: string;
  readonly live: string;
}

export interface Shape {
  /** Columns that are written, from which of the archive. */
  readonly insert: readonly Pair[];
  /** Columns that are written as null. */
  readonly nulls: readonly string[];
  /** Columns that must read back as the very text that was archived. */
  readonly same: readonly Pair[];
  /** Columns of the archive whose value is kept in `_overflow`: without a place, or of another type now. */
  readonly overflow: readonly string[];
  /** Each column is what it was: the row must read back as a whole. */
  readonly whole: boolean;
}

/**
 * @param table its name, for the message
 * @throws `archive.shape_differs` (conflict) with a fault for each column that the mapping leaves open;
 *   `archive.mapping_invalid` (invalid) for one that names what is not there, or one place twice
 */
export function shapeOf(
  archived: readonly ManifestColumn[],
  live: readonly TableColumn[],
  mapping: Mapping | undefined,
  table: string,
): Shape {
  const { columns = {}, fill = {} } = mapping ?? {};
  const past = new Map(archived.map((each) => [each.name, each]));
  const now = new Map(live.map((each) => [each.name, each]));
  assertNamed(columns, fill, { past, now, table });
  const open: Fault[] = [];
  const insert: Pair[] = [];
  const same: Pair[] = [];
  const overflow: string[] = [];
  const taken = new Map<string, string>();
  const moved = outOfOrder(archived, live);
  for (const column of archived) {
    const { name } = column;
    const said = Object.hasOwn(columns, name);
    const to = said ? columns[name] : name;
    if (to === null || to === undefined) {
      overflow.push(name);
      continue;
    }
    const target = now.get(to);
    const pointer = `/mapping/columns/${name}`;
    if (target === undefined) {
      open.push({ pointer, message: `"${name}" (${column.type}) is not in the table any more` });
      continue;
    }
    const before = taken.get(to);
    if (before !== undefined) throw invalid(pointer, `"${before}" and "${name}" are both mapped to "${to}"`);
    taken.set(to, name);
    const asBefore = target.type === column.type;
    if (target.generated && !(column.generated && asBefore)) {
      open.push({ pointer, message: `"${to}" is computed by the database now, and "${name}" was not` });
    } else if (!asBefore && !said) {
      open.push({ pointer, message: `"${name}" was ${column.type} and is ${target.type} now` });
    } else if (moved.has(name) && !said) {
      open.push({
        pointer,
        message: `"${name}" stands in another place among the columns: it may be another one of the same name`,
      });
    }
    if (!target.generated) insert.push({ archived: name, live: to });
    if (asBefore) same.push({ archived: name, live: to });
    else overflow.push(name);
  }
  const nulls: string[] = [];
  for (const { name, type, generated } of live) {
    if (generated || taken.has(name)) continue;
    const pointer = `/mapping/fill/${name}`;
    if (fill[name] === 'null') nulls.push(name);
    else if (fill[name] === undefined)
      open.push({
        pointer,
        message: `"${name}" (${type}) gets no value from the archive: it is new, or what it was is mapped elsewhere`,
      });
  }
  if (open.length > 0) {
    throw new PlumblineError(
      'conflict',
      'archive.shape_differs',
      `${table} is not what it was when these rows were archived, and nothing says where they go: ${open.map(({ message }) => message).join('; ')}. Give a mapping: {"columns": {"<archived>": "<column>" or null for _overflow}, "fill": {"<new column>": "default" or "null"}}`,
      { faults: open },
    );
  }
  const whole = same.length === archived.length && same.every((pair) => pair.archived === pair.live);
  return { insert, nulls, same, overflow, whole };
}

/** Columns of both that do not stand in the order in which they stood: two may have exchanged their names. */
function outOfOrder(archived: readonly ManifestColumn[], live: readonly TableColumn[]): ReadonlySet<string> {
  const names = new Set(live.map(({ name }) => name));
  const before = archived.map(({ name }) => name).filter((name) => names.has(name));
  const both = new Set(before);
  const after = live.map(({ name }) => name).filter((name) => both.has(name));
  return new Set(before.filter((name, at) => after[at] !== name));
}

function assertNamed(
  columns: Mapping['columns'],
  fill: Mapping['fill'],
  {
    past,
    now,
    table,
  }: {
    readonly past: ReadonlyMap<string, unknown>;
    readonly now: ReadonlyMap<string, unknown>;
    readonly table: string;
  },
): void {
  for (const [from, to] of Object.entries(columns)) {
    if (!past.has(from))
      throw invalid(
        `/mapping/columns/${from}`,
        `the archive has no column "${from}"; it has ${[...past.keys()].join(', ')}`,
      );
    if (to !== null && !now.has(to))
      throw invalid(`/mapping/columns/${from}`, `${table} has no column "${to}"; it has ${[...now.keys()].join(', ')}`);
  }
  for (const name of Object.keys(fill)) {
    if (!now.has(name))
      throw invalid(`/mapping/fill/${name}`, `${table} has no column "${name}"; it has ${[...now.keys()].join(', ')}`);
  }
}

const invalid = (pointer: string, message: string): PlumblineError =>
  new PlumblineError('invalid', 'archive.mapping_invalid', message, { faults: [{ pointer, message }] });
