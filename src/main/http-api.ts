/** What answers over HTTP: the routes of every feature, and who may call them. */

import { jobRoutes } from '../apps/http/jobs.ts';
import { operationRoutes } from '../apps/http/operations.ts';
import { createHttpServer } from '../apps/http/server.ts';
import { settingsRoutes } from '../apps/http/settings.ts';
import { authenticatorOf } from '../features/access/authenticator.ts';
import { once } from '../features/access/idempotency.ts';
import { meRoutes } from '../features/access/me.ts';
import type { People } from '../features/access/people/people.ts';
import { sessionRoutes } from '../features/access/people/routes.ts';
import { accessRoutes } from '../features/access/routes.ts';
import { approvalRoutes } from '../features/approvals/routes.ts';
import { holdRoutes } from '../features/archival/holds/routes.ts';
import { restoreRoutes } from '../features/archival/restore/routes.ts';
import { archivalRoutes } from '../features/archival/routes.ts';
import type { ArchivalService } from '../features/archival/service.ts';
import { auditHttp } from '../features/audit/http.ts';
import { payoutRoutes } from '../features/payouts/routes.ts';
import { RateHistory } from '../features/rates/history/history.ts';
import { historyRoutes } from '../features/rates/history/routes.ts';
import { operateRoutes } from '../features/rates/operating/routes.ts';
import { RateStreams } from '../features/rates/operating/stream.ts';
import { paymentRoutes } from '../features/rates/payments/routes.ts';
import { PaymentQuotes } from '../features/rates/payments/service.ts';
import { ratesRoutes } from '../features/rates/routes.ts';
import { breakRoutes } from '../features/reconciliation/breaks/routes.ts';
import { Breaks } from '../features/reconciliation/breaks/service.ts';
import { drillDownRoutes } from '../features/reconciliation/drill-down/routes.ts';
import { evidenceRoutes } from '../features/reconciliation/evidence/routes.ts';
import { statementMatchingRoutes } from '../features/reconciliation/matching/routes.ts';
import { proofRoutes } from '../features/reconciliation/proof/routes.ts';
import { reconciliationRoutes } from '../features/reconciliation/routes.ts';
import type { Watchdog } from '../features/reconciliation/watchdog.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { DEFAULT_CURRENCIES } from '../kernel/money.ts';
import { shownSettings } from '../platform/config/shown.ts';
import type { Routes } from '../platform/http-server/port.ts';
import { jobsIn } from '../platform/jobs/store-jobs.ts';
import { signingOf } from './audit-signing.ts';
import { consoleFolder } from './console.ts';
import { firstKeys } from './identity.ts';
import type { NotificationParts } from './notifications.ts';
import { metricsPage } from './observe.ts';
import { packageVersion } from './package.ts';
import type { ComposeOptions, Parts } from './parts.ts';
import type { RatesParts } from './rates.ts';
import { overdue, type ReconciliationParts } from './reconciliation.ts';
import { openReportSigner } from './report-signing.ts';
import { queueSchema } from './service-adapters.ts';

export interface HttpApiDeps {
  readonly parts: Parts;
  readonly rates: RatesParts;
  readonly reconciliation: ReconciliationParts;
  readonly telling: NotificationParts;
  readonly archival: ArchivalService;
  readonly people: People | undefined;
  readonly options: ComposeOptions;
}

/** Open, and not listening yet. */
export async function openHttpApi({
  parts,
  rates,
  reconciliation,
  telling,
  archival,
  people,
  options,
}: HttpApiDeps): Promise<Routes> {
  const { config, clock, random, log, db, cache, metrics, book, payouts, access, approvals, audit, signing } = parts;
  const { mode = 'live', onAnswerChecked } = options;
  const { service, recorder } = rates;
  const { service: reports, proofs } = reconciliation;
  const version = packageVersion();
  return createHttpServer({
    ...{ clock, random, log, metrics, mode, version, onAnswerChecked },
    rateLimit: config.values.PLUMBLINE_RATE_LIMIT,
    trustedProxies: config.values.PLUMBLINE_TRUSTED_PROXIES ?? [],
    authenticator: authenticatorOf({ keys: access, people, clock }),
    idempotency: { once: (request, act) => once({ db, clock, random }, request, act) },
    console: consoleFolder(),
    routes: [
      operationRoutes({
        ...{ mode, version },
        // Without its cache a process goes on with its own memory: it is shown, and decides nothing.
        required: { database: () => db.version() },
        // A report that is missing is the workers' fault: this process can answer all the same.
        optional: { cache: () => cache.ping(), reports: () => nothingMissing(reconciliation.watchdog) },
        metricsPage: () =>
          metricsPage(metrics, {
            ...{ rates: service, recorder, reconciliation: reports, watchdog: reconciliation.watchdog, clock },
            ...{ incidents: telling.incidents, notificationLog: telling.log },
          }),
        metricsType: metrics.contentType,
      }),
      jobRoutes(jobsIn({ db, schema: queueSchema(mode), now: () => clock.now() })),
      settingsRoutes(shownSettings(config)),
      ratesRoutes(service, new RateStreams(service, clock)),
      historyRoutes(new RateHistory(db), service, clock),
      operateRoutes(rates.operations, approvals),
      paymentRoutes(
        new PaymentQuotes({
          ...{ db, clock, random, rates: service, currencies: DEFAULT_CURRENCIES },
          maxAgeMs: rates.settings.maxAgeMs.quote,
        }),
        clock,
      ),
      reconciliationRoutes(reports),
      breakRoutes(new Breaks({ db, clock, book: book.name })),
      drillDownRoutes(reconciliation.drillDown),
      statementMatchingRoutes(reconciliation.matching, (account) => book.statementLedgers.get(account)),
      payoutRoutes(payouts),
      ...telling.routes,
      ...(proofs === undefined ? [] : [proofRoutes(proofs, book.name)]),
      evidenceRoutes(reports, { db, book: book.name, signer: await openReportSigner(config, clock) }),
      accessRoutes({ access, approvals, isFirst: firstKeys(access, people) }),
      meRoutes({ approvalsRequired: approvals.required }),
      ...(people === undefined || people.settings.publicUrl === undefined ? [] : [sessionRoutes(people)]),
      approvalRoutes(approvals, clock),
      archivalRoutes(archival, approvals),
      restoreRoutes(archival, approvals),
      holdRoutes(archival, approvals),
      ...auditHttp({
        ...{ log: audit, db, clock, random, signing: signing && signingOf(signing) },
        tiles: config.values.AUDIT_TILES,
        addStream: config.values.AUDIT_ADD_STREAM,
      }),
      ...(options.routes?.(parts) ?? []),
    ],
  });
}

/** @throws `reconciliation.missing` (missing) */
async function nothingMissing(watchdog: Watchdog): Promise<void> {
  const reason = await overdue(watchdog);
  if (reason !== undefined) throw new PlumblineError('missing', 'reconciliation.missing', reason);
}
