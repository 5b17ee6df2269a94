/**
 * The one place where adapters meet features. Parts open in order and close in reverse; whatever
 * fails on the way closes what was opened before it.
 */
import { jobRoutes } from '../apps/http/jobs.ts';
import { operationRoutes } from '../apps/http/operations.ts';
import { createHttpServer } from '../apps/http/server.ts';
import { settingsRoutes } from '../apps/http/settings.ts';
import { startWorker } from '../apps/worker/worker.ts';
import { authenticatorOf } from '../features/access/authenticator.ts';
import { createKeyAction } from '../features/access/dangerous.ts';
import { once } from '../features/access/idempotency.ts';
import { accessJobs } from '../features/access/jobs.ts';
import { meRoutes } from '../features/access/me.ts';
import { sessionRoutes } from '../features/access/people/routes.ts';
import { localScopes } from '../features/access/roles.ts';
import { accessRoutes } from '../features/access/routes.ts';
import { AccessService } from '../features/access/service.ts';
import { approvalJobs } from '../features/approvals/jobs.ts';
import { register } from '../features/approvals/ports.ts';
import { approvalRoutes } from '../features/approvals/routes.ts';
import { Approvals } from '../features/approvals/service.ts';
import { archivalJobs, restoreJobs } from '../features/archival/jobs.ts';
import { restoreRoutes } from '../features/archival/restore/routes.ts';
import { archivalRoutes } from '../features/archival/routes.ts';
import { Drainer } from '../features/audit/capture/drainer.ts';
import { auditHttp } from '../features/audit/http.ts';
import { AuditLog } from '../features/audit/service.ts';
import type { NotificationService } from '../features/notifications/service.ts';
import { payoutRoutes } from '../features/payouts/routes.ts';
import type { PayoutService } from '../features/payouts/service.ts';
import { encodePolicy } from '../features/rates/consensus/policy.ts';
import { databaseMemory } from '../features/rates/history/database-memory.ts';
import { RateHistory } from '../features/rates/history/history.ts';
import { QuoteRecorder } from '../features/rates/history/recorder.ts';
import { historyRoutes } from '../features/rates/history/routes.ts';
import { breakerAction, manualRateAction } from '../features/rates/operating/dangerous.ts';
import { RatesOperations } from '../features/rates/operating/operations.ts';
import { operateRoutes } from '../features/rates/operating/routes.ts';
import { RateStreams } from '../features/rates/operating/stream.ts';
import { paymentRoutes } from '../features/rates/payments/routes.ts';
import { PaymentQuotes } from '../features/rates/payments/service.ts';
import { ratesRoutes } from '../features/rates/routes.ts';
import { ExchangeRateService } from '../features/rates/service.ts';
import type { RatesSettings } from '../features/rates/settings.ts';
import type { Book, BookOverrides } from '../features/reconciliation/book.ts';
import { breakRoutes } from '../features/reconciliation/breaks/routes.ts';
import { Breaks } from '../features/reconciliation/breaks/service.ts';
import { drillDownRoutes } from '../features/reconciliation/drill-down/routes.ts';
import { DrillDown } from '../features/reconciliation/drill-down/service.ts';
import { evidenceRoutes } from '../features/reconciliation/evidence/routes.ts';
import { reconciliationJobs } from '../features/reconciliation/jobs.ts';
import { statementMatchingRoutes } from '../features/reconciliation/matching/routes.ts';
import { StatementMatching } from '../features/reconciliation/matching/service.ts';
import { proofRoutes } from '../features/reconciliation/proof/routes.ts';
import { reconciliationRoutes } from '../features/reconciliation/routes.ts';
import { ReconciliationService } from '../features/reconciliation/service.ts';
import { databaseTime } from '../features/reconciliation/store-attempts.ts';
import { Watchdog } from '../features/reconciliation/watchdog.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { DEFAULT_CURRENCIES } from '../kernel/money.ts';
import { namespaced } from '../platform/cache/namespaced.ts';
import type { Cache } from '../platform/cache/port.ts';
import { systemClock, systemRandom } from '../platform/clock/system.ts';
import type { Config } from '../platform/config/config.ts';
import { shownSettings } from '../platform/config/shown.ts';
import type { Db } from '../platform/db/port.ts';
import { processName } from '../platform/db/process-identity.ts';
import { fileReader } from '../platform/files/reader.ts';
import type { HttpBytesClient, HttpClient } from '../platform/http-client/port.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';
import type { RegisterRoutes, Routes } from '../platform/http-server/port.ts';
import { jobsIn } from '../platform/jobs/store-jobs.ts';
import type { ColdStore } from '../platform/objects/cold-port.ts';
import { createLogger } from '../platform/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../platform/telemetry/metrics.ts';
import type { Logger } from '../platform/telemetry/port.ts';
import {
  applyMigrations,
  assureSchema,
  openCache,
  openDatabase,
  openJobs,
  openPlatformDatabase,
  queueSchema,
} from './adapters.ts';
import { openArchival } from './archival.ts';
import { anchorJobs } from './audit-anchors.ts';
import { configurationRecorder } from './audit-configuration.ts';
import { type AuditSigning, openSigning, signingOf } from './audit-signing.ts';
import { consoleFolder } from './console.ts';
import { approvalsRequired, firstKeys, openPeople } from './identity.ts';
import { announceLocalService } from './local-service.ts';
import { openNotifications } from './notifications.ts';
import { metricsPage, observeRates, observeReconciliations } from './observe.ts';
import { packageVersion } from './package.ts';
import { openPayouts } from './payouts.ts';
import { ratesAlarms } from './rates-alarms.ts';
import { openProofs, openReportSigner } from './report-signing.ts';
import { bookOverrides, loadBook, loadRates } from './settings.ts';
import { verdictsTo } from './verdicts.ts';

export interface ComposeOptions {
  readonly config: Config;
  readonly mode?: 'live' | 'sandbox';
  /** Where log lines go: 1 for a service, 2 for a command, whose stdout is its answer. */
  readonly logFd?: 1 | 2;
  /** Apply pending migrations to a database server, too; the embedded one always follows. */
  readonly migrate?: boolean;
  readonly book?: BookOverrides;
  readonly rates?: RatesSettings;
  readonly routes?: (app: Parts) => readonly RegisterRoutes[];
  /** For tests: each HTTP answer is held against its route's schema, and told here when it matches. */
  readonly onAnswerChecked?: ((answer: string) => void) | undefined;
  /** For tests: any adapter in place of the configured one. */
  readonly adapters?: Partial<Adapters>;
}

export interface Adapters {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly db: Db;
  /** Where the book's queries run. */
  readonly platform: Db;
  readonly cache: Cache;
  readonly http: HttpClient & HttpBytesClient;
  /** Where archived objects are; the configured store unless told. */
  readonly cold?: ColdStore;
}

export interface Parts extends Adapters {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly book: Book;
  readonly rates: ExchangeRateService;
  readonly reconciliation: ReconciliationService;
  readonly payouts: PayoutService;
  readonly notifications: NotificationService;
  readonly access: AccessService;
  /** To which each feature adds what of it is dangerous. */
  readonly approvals: Approvals;
  readonly audit: AuditLog;
  /** Where this process signs the log. */
  readonly signing: AuditSigning | undefined;
}

export interface App extends Parts {
  readonly server: Routes;
  /** @returns the address */
  listen(): Promise<string>;
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

export async function compose(options: ComposeOptions): Promise<App> {
  const releases: (() => Promise<unknown> | unknown)[] = [];
  const close = async (): Promise<void> => {
    for (let release = releases.pop(); release !== undefined; release = releases.pop()) await release();
  };
  try {
    return await build(options, (release) => releases.push(release), close);
  } catch (error) {
    await close();
    throw error;
  }
}

type OnClose = (release: () => Promise<unknown> | unknown) => void;

async function build(options: ComposeOptions, onClose: OnClose, close: () => Promise<void>): Promise<App> {
  const { config, mode = 'live' } = options;
  const book = loadBook(config.values.RECONCILIATION_BOOK, { ...bookOverrides(config), ...options.book });
  const adapters = await openAdapters(options, onClose);
  const { clock, random, log, db, cache } = adapters;
  await (options.migrate === true ? applyMigrations(db) : assureSchema(db));

  const metrics = createMetrics();
  const audit = new AuditLog({ ...adapters, origin: config.values.AUDIT_ORIGIN, zone: config.values.AUDIT_ZONE });
  await audit.open();
  const drainer = new Drainer({
    ...{ clock, log },
    drain: () => audit.drain(),
    closeDays: () => audit.closeDays(),
    onLeaves: () => undefined,
  });
  onClose(() => drainer.stop());
  const telling = await openNotifications({ ...adapters, config, mode, trouble: () => troubleOf(watchdog) });
  onClose(() => telling.close());
  const notifications = telling.service;
  const signing = await openSigning({ ...adapters, config, notifications });
  onClose(() => signing?.keeper.stop());
  const settings = options.rates ?? loadRates(config);
  const { policy, policyHash } = settings;
  const recorder = new QuoteRecorder({ ...adapters, policy: { hash: policyHash, document: encodePolicy(policy) } });
  onClose(() => recorder.close());
  const rates = new ExchangeRateService({
    ...adapters,
    settings,
    sink: recorder,
    memory: databaseMemory({ db, clock, pairs: policy.pairs }),
    onEvent: observeRates(metrics),
  });
  onClose(() => rates.stop());
  const operations = new RatesOperations({ db, clock, random, rates });
  rates.listen(ratesAlarms({ db, clock, log, notifications, operations }));
  await rates.recall();
  const payouts = await openPayouts({ ...adapters, config, notifications, book: book.name });
  onClose(() => payouts.keeper.stop());
  const proofs = await openProofs(config, { db, clock, random });
  const reconciliation = new ReconciliationService({
    ...adapters,
    book,
    files: fileReader,
    proofs,
    rates,
    alerts: notifications,
    halts: verdictsTo(payouts.service, telling.incidents),
    queryTimeoutMs: config.values.RECONCILIATION_QUERY_TIMEOUT_MS,
    onEnded: observeReconciliations(metrics, book.name),
    ...runsOf(options, db),
  });
  const intraday = config.values.RECONCILIATION_INTRADAY_SCHEDULE;
  const watchdog = new Watchdog({
    ...{ db, clock, log, book, alerts: notifications, ...runsOf(options, db) },
    dailyBoundMs: config.values.RECONCILIATION_MISSING_MS,
    intradayBoundMs: intraday === 'off' ? undefined : config.values.RECONCILIATION_INTRADAY_MISSING_MS,
  });
  onClose(() => watchdog.stop());
  const access = new AccessService({ db, clock, random, log, notices: notifications });
  onClose(() => access.lastUse.stop());
  const people = openPeople({ ...adapters, config });
  const approvals = new Approvals({
    ...{ db, clock, random, log, notices: notifications },
    expireMs: config.values.APPROVALS_EXPIRE_MS,
    required: approvalsRequired(config),
  });
  approvals.add(
    register(manualRateAction(operations)),
    register(breakerAction(operations)),
    register(createKeyAction(access)),
  );
  const archival = openArchival({ ...adapters, config, audit, mode });
  onClose(() => archival.stop());
  const parts: Parts = {
    ...adapters,
    config,
    metrics,
    book,
    rates,
    reconciliation,
    payouts: payouts.service,
    notifications,
    access,
    approvals,
    audit,
    signing,
  };

  const version = packageVersion();
  const server = await createHttpServer({
    ...{ clock, random, log, metrics, mode, version },
    rateLimit: config.values.PLUMBLINE_RATE_LIMIT,
    trustedProxies: config.values.PLUMBLINE_TRUSTED_PROXIES ?? [],
    authenticator: authenticatorOf({ keys: access, people, clock }),
    onAnswerChecked: options.onAnswerChecked,
    idempotency: { once: (request, act) => once({ db, clock, random }, request, act) },
    console: consoleFolder(),
    routes: [
      operationRoutes({
        ...{ mode, version },
        // Without its cache a process goes on with its own memory: it is shown, and decides nothing.
        required: { database: () => db.version() },
        // A report that is missing is the workers' fault: this process can answer all the same.
        optional: { cache: () => cache.ping(), reports: () => nothingMissing(watchdog) },
        metricsPage: () => metricsPage(metrics, { rates, recorder, reconciliation, watchdog, clock }),
        metricsType: metrics.contentType,
      }),
      jobRoutes(jobsIn({ db, schema: queueSchema(mode), now: () => clock.now() })),
      settingsRoutes(shownSettings(config)),
      ratesRoutes(rates, new RateStreams(rates, clock)),
      historyRoutes(new RateHistory(db), rates, clock),
      operateRoutes(operations, approvals),
      paymentRoutes(
        new PaymentQuotes({
          db,
          clock,
          random,
          rates,
          currencies: DEFAULT_CURRENCIES,
          maxAgeMs: settings.maxAgeMs.quote,
        }),
        clock,
      ),
      reconciliationRoutes(reconciliation),
      breakRoutes(new Breaks({ db, clock, book: book.name })),
      drillDownRoutes(
        new DrillDown({ ...adapters, book, queryTimeoutMs: config.values.RECONCILIATION_QUERY_TIMEOUT_MS }),
      ),
      statementMatchingRoutes(matchingOver(adapters, config, book), (account) => book.statementLedgers.get(account)),
      payoutRoutes(payouts.service),
      ...telling.routes,
      ...(proofs === undefined ? [] : [proofRoutes(proofs, book.name)]),
      evidenceRoutes(reconciliation, { db, book: book.name, signer: await openReportSigner(config, clock) }),
      accessRoutes({ access, approvals, isFirst: firstKeys(access, people) }),
      meRoutes({ approvalsRequired: approvals.required }),
      ...(people === undefined || people.settings.publicUrl === undefined ? [] : [sessionRoutes(people)]),
      approvalRoutes(approvals, clock),
      archivalRoutes(archival),
      restoreRoutes(archival),
      ...auditHttp({
        ...{ log: audit, db, clock, random, signing: signing && signingOf(signing) },
        tiles: config.values.AUDIT_TILES,
        addStream: config.values.AUDIT_ADD_STREAM,
      }),
      ...(options.routes?.(parts) ?? []),
    ],
  });
  onClose(() => server.close());

  const recordConfiguration = configurationRecorder({ audit, db, random, config, book, rates: settings, mode });
  return {
    ...parts,
    server,
    listen: async () => {
      await recordConfiguration(); // before anything is done with it
      const url = await server.listen({ host: config.values.PLUMBLINE_HOST, port: config.values.PLUMBLINE_PORT });
      const key = access.createLocalKey('local', localScopes(approvals.required));
      onClose(announceLocalService(config.values.PLUMBLINE_DATA, { url, key }));
      rates.start(); // whoever answers callers has its rates in memory
      drainer.start();
      access.lastUse.start();
      watchdog.start(); // whatever the role: who makes reports does not watch himself
      telling.watch.start();
      signing?.keeper.start();
      return url;
    },
    startWorker: async () => {
      await recordConfiguration();
      const jobs = openJobs(config, db, log, mode);
      const schedule = [
        ...reconciliationJobs(reconciliation, {
          daily: config.values.RECONCILIATION_SCHEDULE,
          intraday: intraday === 'off' ? undefined : intraday,
        }),
        ...accessJobs({ db, clock }),
        ...approvalJobs(approvals),
        ...(config.values.ARCHIVE_SCHEDULE === 'off' ? [] : archivalJobs(archival, config.values.ARCHIVE_SCHEDULE)),
        ...restoreJobs(archival),
        ...anchorJobs({ ...adapters, config, notifications }, onClose),
      ];
      const worker = await startWorker({ jobs, schedule, log });
      onClose(() => worker.stop());
      payouts.keeper.start();
      for (const keeper of telling.keepers) keeper.start();
      telling.watch.start();
      drainer.start();
      signing?.keeper.start();
    },
    close,
  };
}

/** Who makes the reports, and the clock that it is held against; a clock that was brought along is not. */
function runsOf({ adapters }: ComposeOptions, db: Db): { worker: string; sharedTime?: () => Promise<number> } {
  const worker = processName();
  return adapters?.clock === undefined ? { worker, sharedTime: () => databaseTime(db.sql) } : { worker };
}

/** Why somebody outside should look. @throws where the database does not answer */
async function troubleOf(watchdog: Watchdog): Promise<string | undefined> {
  const missing = await watchdog.missing();
  return missing.length === 0 ? undefined : `${missing.length} reports or runs are overdue`;
}

/** @throws `reconciliation.missing` (missing) */
async function nothingMissing(watchdog: Watchdog): Promise<void> {
  const missing = await watchdog.missing();
  if (missing.length > 0) {
    throw new PlumblineError('missing', 'reconciliation.missing', `${missing.length} reports or runs are overdue`);
  }
}

async function openAdapters(
  { config, mode, logFd = 1, adapters = {} }: ComposeOptions,
  onClose: OnClose,
): Promise<Adapters> {
  const { values, secrets } = config;
  const clock = adapters.clock ?? systemClock;
  const log = adapters.log ?? createLogger({ level: values.LOG_LEVEL, secrets, fd: logFd });
  const opened = async <T extends { close(): Promise<unknown> }>(
    given: T | undefined,
    open: () => T | Promise<T>,
  ): Promise<T> => {
    if (given !== undefined) return given; // whoever brought it closes it
    const part = await open();
    onClose(() => part.close());
    return part;
  };
  const db = await opened(adapters.db, () => openDatabase(config));
  const url = values.PLATFORM_DATABASE_URL;
  const platform =
    url === undefined ? (adapters.platform ?? db) : await opened(adapters.platform, () => openPlatformDatabase(url));
  const cache = await opened(adapters.cache, () => openCache(config, clock));
  const ownCache = mode === 'sandbox' ? namespaced(cache, 'sandbox') : cache; // simulated rates reach nobody else
  const http = await opened(adapters.http, () => createHttpClient({ clock }));
  const random = adapters.random ?? systemRandom;
  const brought = adapters.cold === undefined ? {} : { cold: adapters.cold };
  return { clock, random, log, db, platform, cache: ownCache, http, ...brought };
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
