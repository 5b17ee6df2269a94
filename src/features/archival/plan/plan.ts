/** What a policy would do to a table, what that costs, and what stands against it. Nothing is changed. */

import type { Fault } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import { compress } from '../format/codec.ts';
import { underHolds } from '../holds/store-holds.ts';
import { cutoffOf, type Policy } from '../policies/policy.ts';
import { type Cost, costOf, databaseMonth, type Prices } from './prices.ts';
import { type Month, survey } from './store-plan.ts';
import type { TableFacts } from './store-table.ts';
import { judge, type Risk } from './subject.ts';

/** Below it the 40 KB that each archived object takes beside its bytes are more than a five-hundredth. */
const SMALL_OBJECT = 22_000_000n;
/** What a pointer takes, with its page, its index and the manifest. Measured: docs/operations/archival.md. */
const POINTER_BYTES = 57n;

export interface Plan {
  readonly table: string;
  readonly policy: Policy;
  /** Rows before it are old enough; ISO. */
  readonly before: string;
  readonly faults: readonly Fault[];
  readonly risks: readonly Risk[];
  readonly months: readonly Month[];
  readonly rows: number;
  readonly objects: number;
  /** Estimated from a sample. */
  readonly rawBytes: bigint;
  readonly storedBytes: bigint;
  readonly tableBytes: bigint;
  /** What the table takes of it, indexes included, and what stays of that as pointers. */
  readonly freedBytes: bigint;
  readonly pointerBytes: bigint;
  readonly prices: {
    readonly dated: string;
    readonly currency: string;
    readonly region: string;
    readonly sources: readonly string[];
  };
  readonly costNow: bigint | undefined;
  readonly costLater: Cost | undefined;
}

export async function makePlan(
  db: Db,
  {
    facts,
    policy,
    prices,
    region,
    now,
  }: {
    readonly facts: TableFacts;
    readonly policy: Policy;
    readonly prices: Prices;
    readonly region: string;
    readonly now: number;
  },
): Promise<Plan> {
  const before = cutoffOf(policy, now);
  const { subject, faults, risks } = judge(facts, policy);
  const common = {
    ...{ table: facts.quoted, policy, before, faults, tableBytes: facts.bytes },
    prices: { dated: prices.dated, currency: prices.currency, region, sources: prices.sources },
  };
  const nothing = { months: [], rows: 0, objects: 0, rawBytes: 0n, storedBytes: 0n, freedBytes: 0n, pointerBytes: 0n };
  if (subject === undefined) return { ...common, ...nothing, risks, costNow: undefined, costLater: undefined };
  const held = await underHolds(db.sql, subject);
  const found = await survey(db, held, before);
  const rows = found.months.reduce((sum, each) => sum + each.rows, 0);
  const { raw, stored } = await sizesOf(found.sample, policy);
  const rawBytes = BigInt(Math.ceil(raw * rows));
  const storedBytes = BigInt(Math.ceil(stored * rows));
  const objects = policy.purge_only
    ? 0
    : found.months.reduce((sum, each) => sum + Math.ceil(each.rows / policy.rows_per_object), 0);
  const freedBytes = found.all === 0 ? 0n : (facts.bytes * BigInt(rows)) / BigInt(found.all);
  const more: Risk[] = [];
  if (rows === 0) more.push({ code: 'no_rows', message: `no row is older than ${policy.age_days} days` });
  if (held.held.length > 0)
    more.push({
      code: 'held',
      message: `${held.held.length} legal holds stand on it: their rows stay, and are not counted; plumbline archive hold list`,
    });
  if (found.nulls > 0)
    more.push({
      code: 'nulls',
      message: `${found.nulls} rows have no "${policy.column}": they are never old, and stay`,
    });
  if (objects > 0 && policy.storage_class !== 'STANDARD' && storedBytes / BigInt(objects) < SMALL_OBJECT) {
    more.push({
      code: 'small_objects',
      message: `an object would have about ${storedBytes / BigInt(objects)} bytes, and 40,960 more are billed for each: below ${SMALL_OBJECT} that is more than 0.2 percent; a greater age, or rows_per_object, makes them larger`,
    });
  }
  return {
    ...common,
    ...{
      risks: [...risks.filter(({ code }) => !(code === 'nulls' && found.nulls === 0)), ...more],
      months: found.months,
      rows,
      objects,
    },
    ...{ rawBytes, storedBytes: policy.purge_only ? 0n : storedBytes, freedBytes },
    pointerBytes: policy.purge_only ? 0n : BigInt(rows) * POINTER_BYTES,
    costNow: databaseMonth(prices, freedBytes),
    costLater: policy.purge_only
      ? undefined
      : costOf(prices, region, policy.storage_class, { bytes: storedBytes, objects }),
  };
}

/** Bytes of a row, with its line end, as it is and as it is stored. */
async function sizesOf(
  sample: readonly string[],
  policy: Policy,
): Promise<{ readonly raw: number; readonly stored: number }> {
  if (sample.length === 0) return { raw: 0, stored: 0 };
  const text = Buffer.from(sample.map((row) => `${row}\n`).join(''));
  const packed = await compress(policy.format, text);
  return { raw: text.length / sample.length, stored: packed.length / sample.length };
}
