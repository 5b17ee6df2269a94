/** How far archival is behind, and what it saves: for whoever looks every minute, so it reads no more than it must. */
import type { Db } from '../../../platform/db/port.ts';
import { cutoffOf, type VersionedPolicy } from '../policies/policy.ts';
import { costOf, databaseMonth, type Prices } from './prices.ts';
import { readDue, readStored } from './store-summary.ts';
import { readTable } from './store-table.ts';
import { judge } from './subject.ts';

/** A table whose policy is enabled. */
export interface Lag {
  readonly table: string;
  /** ISO: rows before it are old enough. */
  readonly before: string;
  /** Undefined where they could not be counted in time, or the policy does not fit its table any more. */
  readonly due: Due | undefined;
}

export interface Due {
  /** `MOST_COUNTED` at the most. */
  readonly rows: number;
  readonly oldest: Date | undefined;
}

/** Beyond it, it does not matter how many more there are. */
export const MOST_COUNTED = 100_000;

export interface Saving {
  readonly rows: bigint;
  readonly objects: number;
  readonly storedBytes: bigint;
  /** What the rows would cost in the database, a month. Units of 10^-12. */
  readonly databaseMonth: bigint;
  /** What their objects cost, and what stays in the database as pointers; undefined where the prices have no such region. */
  readonly archiveMonth: bigint | undefined;
  /** Paid once. */
  readonly upload: bigint | undefined;
}

/** What a pointer takes, with its page and index. */
const POINTER_BYTES = 57n;

export interface SummaryDeps {
  readonly db: Db;
  readonly prices: Prices;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export async function lagOf(
  { db, now }: Pick<SummaryDeps, 'db' | 'now'>,
  policies: readonly VersionedPolicy[],
): Promise<readonly Lag[]> {
  const lags: Lag[] = [];
  for (const { table, policy } of policies.filter((each) => each.policy.enabled)) {
    const before = cutoffOf(policy, now);
    const facts = await readTable(db.sql, table).catch(() => undefined);
    const subject = facts && judge(facts, policy).subject;
    lags.push({ table, before, due: subject && (await readDue(db, subject, before, MOST_COUNTED)) });
  }
  return lags;
}

export async function savingOf({ db, prices, region }: SummaryDeps): Promise<Saving> {
  const classes = await readStored(db.sql);
  const sum = (of: (each: (typeof classes)[number]) => bigint): bigint => classes.reduce((n, each) => n + of(each), 0n);
  const costs = classes.map(({ storageClass, bytes, objects }) =>
    costOf(prices, region, storageClass, { bytes, objects: Number(objects) }),
  );
  const known = costs.filter((cost) => cost !== undefined);
  const isKnown = known.length === costs.length;
  const rows = sum((each) => each.rows);
  const pointers = databaseMonth(prices, rows * POINTER_BYTES);
  return {
    ...{ rows, objects: Number(sum((each) => each.objects)), storedBytes: sum((each) => each.bytes) },
    databaseMonth: databaseMonth(
      prices,
      sum((each) => each.rawBytes),
    ),
    archiveMonth: isKnown ? known.reduce((n, { month }) => n + month, pointers) : undefined,
    upload: isKnown ? known.reduce((n, { upload }) => n + upload, 0n) : undefined,
  };
}
