/** Takes in the breaks of a report, in the transaction that makes it final. */
import type { Random } from '../../../kernel/clock.ts';
import { type Id, parseId, uuidv7 } from '../../../kernel/ids.ts';
import type { Tx } from '../../../platform/db/port.ts';
import type { Book } from '../book.ts';
import type { ReconciliationRow } from '../store.ts';
import type { TruthOutcome } from '../truth.ts';
import { type BreakChange, changesOf, type FoundBreak, foundBreaks, lateChangesOf } from './rules.ts';
import * as store from './store.ts';

export interface RecordRequest {
  readonly random: Random;
  readonly book: Book;
  /** The ended attempt, as it was just written. */
  readonly row: ReconciliationRow;
  readonly truth: TruthOutcome | undefined;
}

/** What the report brought to light that nobody knew, or that was accepted otherwise. */
export interface BreakNews {
  readonly opened: readonly FoundBreak[];
  readonly reopened: readonly FoundBreak[];
}

/**
 * A report without a verdict says nothing of breaks, so it changes none. One of an earlier instant than
 * another that was taken in (a date that is caught up, a report made anew) adds to the past alone.
 */
export async function recordBreaks(tx: Tx, { random, book, row, truth }: RecordRequest): Promise<BreakNews> {
  const { verdict } = truth ?? {};
  const { as_of: asOf, reconciled_at: at } = row;
  if (verdict?.kind !== 'known' || row.solvent === null || asOf === null || at === null) {
    return { opened: [], reopened: [] };
  }
  const report = { id: row.id, book: row.book, businessDate: row.business_date, asOf, at };
  const found = foundBreaks(book, verdict.breaks);
  await store.lockBreaks(tx, row.book);
  const next = await store.reportAfter(tx, report);
  if (next !== undefined) {
    const keys = found.map(({ key }) => key);
    const known = await store.knownSince(tx, row.book, keys, asOf);
    const instants = { asOf: asOf.getTime(), next: next.asOf.getTime() };
    await write(tx, random, report, lateChangesOf(known, found, instants), next);
    return { opened: [], reopened: [] };
  }
  const changes = changesOf(await store.lockLive(tx, row.book), found, at.getTime());
  await write(tx, random, report, changes);
  return {
    opened: changes.flatMap((change) => (change.kind === 'opened' ? [change.found] : [])),
    reopened: changes.flatMap((change) =>
      change.kind === 'seen' && change.reopened !== undefined ? [change.found] : [],
    ),
  };
}

async function write(
  tx: Tx,
  random: Random,
  report: store.BreakReport,
  changes: readonly BreakChange[],
  next?: NonNullable<Awaited<ReturnType<typeof store.reportAfter>>>,
): Promise<void> {
  const of = <K extends BreakChange['kind']>(kind: K) =>
    changes.filter((change): change is Extract<BreakChange, { readonly kind: K }> => change.kind === kind);
  const named = (found: FoundBreak): store.NewBreak => ({
    ...found,
    id: parseId('break', uuidv7(report.at.getTime(), random.bytes(10))),
  });
  const opened = of('opened').map(({ found }) => named(found));
  const past = of('past').map(({ found }) => named(found));
  const seen = of('seen').map((change) => ({ ...change, reopened: change.reopened !== undefined }));
  // What is resolved gives its fact free first.
  await store.updateResolved(
    tx,
    report,
    of('resolved').map(({ id }) => id),
  );
  await store.updateSeen(tx, report, seen);
  await store.updateSeenEarlier(
    tx,
    report,
    of('seen_earlier').map(({ id }) => id),
  );
  await store.insertBreaks(tx, report, opened);
  await store.insertBreaks(tx, report, past, next);

  const event = (
    id: Id<'break'>,
    name: store.BreakEvent,
    amount: string,
    more: { readonly reason?: string; readonly by?: Pick<store.BreakReport, 'id'> } = {},
  ): store.BreakEventRow => ({
    ...{ break_id: id, event: name, at: report.at, report: (more.by ?? report).id },
    ...{ actor: null, amount, until: null, reason: more.reason ?? null },
  });
  await store.insertEvents(tx, [
    ...opened.map(({ id, amount }) => event(id, 'opened', amount)),
    ...past.map(({ id, amount }) => event(id, 'opened', amount)),
    ...past.map(({ id, amount }) => event(id, 'resolved', amount, next === undefined ? {} : { by: next })),
    ...of('seen').flatMap(({ id, found, changed, reopened }) => [
      ...(changed ? [event(id, 'changed', found.amount)] : []),
      ...(reopened === undefined ? [] : [event(id, 'reopened', found.amount, { reason: reopened })]),
    ]),
    ...of('seen_earlier').map(({ id, found }) => event(id, 'seen_earlier', found.amount)),
    ...of('resolved').map(({ id, amount }) => event(id, 'resolved', amount)),
  ]);
}
