/** Reconciliation, as configured: its reports, and who notices that one is missing. */

import type { NotificationService } from '../features/notifications/service.ts';
import type { ExchangeRateService } from '../features/rates/service.ts';
import type { Book } from '../features/reconciliation/book.ts';
import { DrillDown } from '../features/reconciliation/drill-down/service.ts';
import { StatementMatching } from '../features/reconciliation/matching/service.ts';
import type { PayoutHalts } from '../features/reconciliation/ports.ts';
import type { ProofOfLiabilities } from '../features/reconciliation/proof/service.ts';
import { ReconciliationService } from '../features/reconciliation/service.ts';
import { databaseTime } from '../features/reconciliation/store-attempts.ts';
import { Watchdog } from '../features/reconciliation/watchdog.ts';
import type { Config } from '../platform/config/config.ts';
import { processName } from '../platform/db/process-identity.ts';
import { fileReader } from '../platform/files/reader.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { observeReconciliations } from './observe.ts';
import { openProofs } from './report-signing.ts';
import type { Adapters, OnClose } from './service-adapters.ts';

export interface ReconciliationParts {
  readonly service: ReconciliationService;
  readonly watchdog: Watchdog;
  readonly proofs: ProofOfLiabilities | undefined;
  readonly matching: StatementMatching;
  readonly drillDown: DrillDown;
}

export interface OpenReconciliation extends Adapters {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly book: Book;
  readonly rates: ExchangeRateService;
  readonly notifications: NotificationService;
  readonly halts: PayoutHalts;
  /** The clock was brought along: reports are not held against the one that the database shares. */
  readonly ownClock: boolean;
}

/** @throws as `openProofs` */
export async function openReconciliation(
  { config, metrics, book, rates, notifications, halts, ownClock, ...adapters }: OpenReconciliation,
  onClose: OnClose,
): Promise<ReconciliationParts> {
  const { clock, random, log, db } = adapters;
  const { values } = config;
  const queryTimeoutMs = values.RECONCILIATION_QUERY_TIMEOUT_MS;
  const worker = processName();
  const runs = ownClock ? { worker } : { worker, sharedTime: () => databaseTime(db.sql) };
  const proofs = await openProofs(config, { db, clock, random });
  const service = new ReconciliationService({
    ...{ ...adapters, ...runs, book, files: fileReader, proofs, rates, notices: notifications, halts, queryTimeoutMs },
    onEnded: observeReconciliations(metrics, book.name),
  });
  const intraday = values.RECONCILIATION_INTRADAY_SCHEDULE !== 'off';
  const watchdog = new Watchdog({
    ...{ db, clock, log, book, notices: notifications, ...runs },
    dailyBoundMs: values.RECONCILIATION_MISSING_MS,
    intradayBoundMs: intraday ? values.RECONCILIATION_INTRADAY_MISSING_MS : undefined,
  });
  onClose(() => watchdog.stop());
  const drillDown = new DrillDown({ ...adapters, book, queryTimeoutMs });
  return { service, watchdog, proofs, matching: matchingOver(adapters, config, book), drillDown };
}

/** Why somebody should look; undefined: no report is overdue. @throws where the database does not answer */
export async function overdue(watchdog: Watchdog): Promise<string | undefined> {
  const missing = await watchdog.missing();
  return missing.length === 0 ? undefined : `${missing.length} reports or runs are overdue`;
}

/** Statements against the ledger of the book's platform. */
export const matchingOver = (
  adapters: Pick<Adapters, 'db' | 'platform' | 'clock' | 'random'>,
  config: Config,
  { schema, zone }: Book,
): StatementMatching =>
  new StatementMatching({
    ...adapters,
    ...{ schema, zone, queryTimeoutMs: config.values.RECONCILIATION_QUERY_TIMEOUT_MS },
  });
