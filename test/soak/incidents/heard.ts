/** Whether every deficit of the simulated days has one incident, and was told to somebody in time. */
import { sql } from 'kysely';
import { fingerprintOf } from '../../../src/features/incidents/rules.ts';
import type { Db } from '../../../src/platform/db/port.ts';

export const MINUTE = 60_000;
/** From a deficit to a page that was taken, while a provider answers. */
const TOLD_WITHIN = 20 * MINUTE;

export interface Hole {
  readonly book: string;
  readonly since: number;
  until: number | undefined;
  facts: number;
}

export interface Downtime {
  readonly from: number;
  until: number;
}

export interface Seen {
  readonly books: readonly string[];
  readonly holes: readonly Hole[];
  /** What providers took. */
  readonly accepted: readonly { readonly at: number; readonly text: string }[];
  /** By people, of the deficits of a book: they know of it, whoever told them. */
  readonly acknowledged: readonly { readonly at: number; readonly book: string }[];
  /** When no provider took anything. */
  readonly downtimes: readonly Downtime[];
}

/** @returns what is broken */
export async function unheard(db: Db, seen: Seen): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const book of seen.books) {
    const { rows } = await sql<{
      status: string;
      next_page_at: Date | null;
      count: bigint;
    }>`SELECT status, next_page_at, count FROM incidents WHERE fingerprint = ${fingerprintOf('solvency.deficit', { book })} ORDER BY opened_at`.execute(
      db.sql,
    );
    const ours = seen.holes.filter((each) => each.book === book);
    if (rows.length !== ours.length)
      broken.push(`book ${book} had ${ours.length} holes and has ${rows.length} incidents`);
    for (const [at, hole] of ours.entries()) {
      const incident = rows[at];
      if (incident === undefined) continue;
      if (Number(incident.count) !== hole.facts)
        broken.push(`the incident of ${book} at ${hole.since} counts ${incident.count} facts of ${hole.facts}`);
      if (incident.status === 'open' && incident.next_page_at === null)
        broken.push(`an open incident of ${book} will never be told again`);
      const silent = silence(hole, seen);
      if (silent !== undefined) broken.push(`a deficit of ${book} at ${hole.since} ${silent}`);
    }
  }
  return broken;
}

/** Undefined: somebody heard of it, or it was over before anybody could. */
function silence(hole: Hole, { accepted, acknowledged, downtimes }: Seen): string | undefined {
  const bound = reachableBy(hole.since, downtimes);
  if (hole.until !== undefined && hole.until <= bound) return undefined;
  const told = accepted.find((each) => each.at >= hole.since && each.text.includes(hole.book));
  const known = acknowledged.find((each) => each.at >= hole.since && each.book === hole.book);
  const heardAt = Math.min(told?.at ?? Number.POSITIVE_INFINITY, known?.at ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(heardAt)) return 'was told to nobody';
  return heardAt > bound ? `was told ${Math.round((heardAt - hole.since) / MINUTE)} min later` : undefined;
}

/** When somebody must have heard at the latest: the channel was up for long enough by then. */
function reachableBy(since: number, downtimes: readonly Downtime[]): number {
  let at = since;
  for (const { from, until } of downtimes) if (from < at + TOLD_WITHIN && until > at) at = until;
  return at + 2 * TOLD_WITHIN;
}
