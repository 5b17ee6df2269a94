/** One attempt at a report, from its first row to its last, by whoever holds the lock. */
import type { BusinessDate } from '../../kernel/business-date.ts';
import type { Random } from '../../kernel/clock.ts';
import { isPlumblineError, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { newId, type ReconciliationId } from '../../kernel/ids.ts';
import { formatMoney } from '../../kernel/money.ts';
import { printable } from '../../kernel/text.ts';
import { isUniqueViolation } from '../../platform/db/errors.ts';
import type { Tx } from '../../platform/db/port.ts';
import { type AnnouncementDeps, announce, type RaisedNotice, raiseNotice, tell } from './announcement.ts';
import { endOf, type Outcome } from './attempt-end.ts';
import { breaksNotice } from './breaks/notice.ts';
import { recordBreaks } from './breaks/record.ts';
import { recordEvidence } from './evidence/record.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { RunKind } from './kinds.ts';
import { type ObserveDeps, type ObserveRequest, observe } from './observe.ts';
import { payoutVerdict } from './payout-verdict.ts';
import { quotesAtCut } from './pinned-quote.ts';
import type { AsOf, PayoutHalts, ReportNotice } from './ports.ts';
import type { BuiltProof, ProofOfLiabilities } from './proof/service.ts';
import { makeReport } from './report.ts';
import { type RunClockDeps, readClock } from './run-clock.ts';
import type { ReconciliationRow } from './store.ts';
import * as store from './store.ts';
import { beat, boundIdleTime } from './store-attempts.ts';

/** The book's queries run on `platform`; reports are written to `db`. */
export interface AttemptDeps extends ObserveDeps, AnnouncementDeps, RunClockDeps {
  readonly halts: PayoutHalts;
  /** Where merchants are given proofs that they were counted. */
  readonly proofs?: Pick<ProofOfLiabilities, 'build' | 'record'> | undefined;
  readonly random: Random;
  /** This process, `host:pid`, for the record. */
  readonly worker?: string;
}

export interface Attempt {
  readonly kind: RunKind;
  readonly businessDate: BusinessDate;
  readonly startedBy: string;
}

/** What refuses a second final report of a date. */
const ONE_FINAL = ['reconciliation_logs_one_final', 'reconciliation_logs_supersedes_key'];

/**
 * A source that cannot be read makes it end as `error`; that is an answer, not an exception.
 * @param final the report that it supersedes
 * @throws `reconciliation.fenced`, `reconciliation.clock_disagrees` (conflict)
 */
export async function makeAttempt(
  deps: AttemptDeps,
  what: Attempt,
  final?: ReconciliationRow,
): Promise<ReconciliationRow> {
  const { db, book, clock, random, worker = null } = deps;
  const { businessDate } = what;
  const startedAt = new Date(await readClock(deps, true));
  const id: ReconciliationId = newId<'reconciliation'>(clock, random);
  const attempt = await db.transaction({}, async (tx) => {
    await boundIdleTime(tx);
    const opened = await store.startAttempt(tx, {
      ...what,
      id,
      worker,
      book: book.name,
      tolerance: formatMoney(book.tolerance),
      startedAt,
    });
    await beat(tx, id);
    return opened;
  });
  const pinned = quotesAtCut(final?.report ?? null);
  let proof: BuiltProof | undefined;
  const within = async (tx: Tx, asOf: AsOf): Promise<void> => {
    proof = what.kind === 'daily' ? await prove(deps, tx, { id, businessDate, asOf }) : undefined;
  };
  const outcome = await withHeartbeat({ sql: db.sql, clock }, id, () =>
    observeBooks(deps, { businessDate, pinned, within }),
  );
  const endedAt = new Date(await readClock(deps, true)); // refused: the attempt stays open, and is taken over
  const fenced = (): PlumblineError =>
    new PlumblineError(
      'conflict',
      'reconciliation.fenced',
      `attempt ${attempt} at ${book.name} ${businessDate} was taken for abandoned while it ran; its result is dropped`,
    );
  const ending = db.transaction({}, async (tx) => {
    await boundIdleTime(tx);
    const row = await store.endAttempt(tx, id, endOf(outcome, final?.id ?? null, endedAt));
    if (row === undefined) throw fenced();
    return { row, ...(await follow(deps, tx, row, outcome, proof)) };
  });
  const { row, alert, breaks } = await ending.catch((error: unknown) => {
    // It lost its lock before it opened its attempt, and the date has had its report since.
    throw ONE_FINAL.some((constraint) => isUniqueViolation(error, constraint)) ? fenced() : error;
  });
  await announce(deps, row, alert);
  if (breaks !== undefined) await tell(deps, breaks);
  return row;
}

interface Followed {
  readonly alert: RaisedNotice | undefined;
  readonly breaks: ReportNotice | undefined;
}

/** What is committed together with the end of an attempt, or not at all. */
async function follow(
  deps: AttemptDeps,
  tx: Tx,
  row: ReconciliationRow,
  outcome: Outcome,
  proof: BuiltProof | undefined,
): Promise<Followed> {
  const { book, random, proofs, notices, halts } = deps;
  if (outcome.kind === 'report' && row.kind === 'daily') await recordEvidence(tx, row, book, outcome.observation);
  if (proof !== undefined && row.difference_vnd !== null)
    await proofs?.record(tx, proof, { ratesHash: null, reportHash: row.report_hash });
  const alert = await raiseNotice(deps, tx, row);
  const truth = outcome.kind === 'report' ? outcome.report.truth : undefined;
  const breaks = breaksNotice(row, await recordBreaks(tx, { random, book, row, truth }));
  if (breaks !== undefined) await notices.raise(tx, breaks);
  // Last, for a halt waits for the payouts that are being reserved.
  await halts.onVerdict(tx, payoutVerdict(book, row));
  return { alert, breaks };
}

/** In the snapshot of the readings. Balances that no tree can be made of cost the proof, not the verdict. */
async function prove(
  { book, platform, proofs, log }: AttemptDeps,
  tx: Tx,
  {
    id,
    businessDate,
    asOf,
  }: { readonly id: ReconciliationId; readonly businessDate: BusinessDate; readonly asOf: AsOf },
): Promise<BuiltProof | undefined> {
  if (proofs === undefined || book.merchants === undefined) return undefined;
  try {
    return await proofs.build(platform, tx, {
      ...{ reportId: id, book: book.name, businessDate, currency: book.currency, query: book.merchants.sql },
      cut: asOf.basis === 'cut' ? new Date(asOf.instant) : undefined,
    });
  } catch (error) {
    if (!isPlumblineError(error) || error.kind !== 'invalid') throw error;
    log.error({ code: 'reconciliation.proof_missing', id, err: error }, 'no proof of liabilities could be made');
    return undefined;
  }
}

async function observeBooks(deps: AttemptDeps, request: ObserveRequest): Promise<Outcome> {
  try {
    const observation = await observe(deps, request);
    // The clock may have been set while the lines were read: what it said of the snapshot is not worth a report.
    await readClock(deps, true);
    return { kind: 'report', report: makeReport(deps.book, observation), observation };
  } catch (error) {
    // An attempt that could not look at all is an attempt, too: it is recorded, and people hear of it.
    deps.log.error({ code: 'reconciliation.unobservable', err: error }, 'the books could not be read');
    return { kind: 'failed', reason: printable(messageOf(error)) };
  }
}
