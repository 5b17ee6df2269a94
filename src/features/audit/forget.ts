/** Forgetting what was recorded: the payloads go, the leaves and every proof stay, and a leaf says who and why. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import type { Db } from '../../platform/db/port.ts';
import type { AuditLog } from './service.ts';
import { type Forgotten, findPayloads } from './store.ts';

export interface ForgetDeps {
  readonly log: AuditLog;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
}

/** Payloads that one leaf says to be forgotten, at the most. */
const BATCH = 4_000;

/**
 * What business transactions have said already is forgotten as well: it becomes leaves first.
 * @returns how many payloads there were, and the leaves that say so; none where it was only to be counted
 */
export async function forget(
  { log, db, clock, random }: ForgetDeps,
  what: Forgotten,
  { reason, actor, dryRun }: { readonly reason: string; readonly actor: string; readonly dryRun: boolean },
): Promise<{ readonly forgotten: number; readonly leaves: readonly number[] }> {
  await log.drainAll();
  const id = newId<'redaction'>(clock, random);
  const leaves: number[] = [];
  let forgotten = 0;
  for (let after = -1; ; ) {
    const indices = await findPayloads(db.sql, what, { after, limit: BATCH });
    const last = indices.at(-1);
    if (last === undefined) return { forgotten, leaves };
    if (!dryRun) {
      // The leaf names leaves, and neither the person nor the record.
      const { index } = await log.redact(indices, id, actor, { reason, leaves: rangesOf(indices) });
      leaves.push(index);
    }
    forgotten += indices.length;
    after = last;
  }
}

/** `[first, last]` of each run. */
function rangesOf(indices: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
}
