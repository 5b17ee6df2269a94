/**
 * The one place where adapters meet features. Parts open in order and close in reverse; whatever
 * fails on the way closes what was opened before it.
 */
import { startWorker } from '../apps/worker/worker.ts';
import { createKeyAction } from '../features/access/dangerous.ts';
import { accessJobs } from '../features/access/jobs.ts';
import { localScopes } from '../features/access/roles.ts';
import { AccessService } from '../features/access/service.ts';
import { approvalJobs } from '../features/approvals/jobs.ts';
import { register } from '../features/approvals/ports.ts';
import { Approvals } from '../features/approvals/service.ts';
import { archivalActions } from '../features/archival/dangerous.ts';
import { archivalJobs, restoreJobs } from '../features/archival/jobs.ts';
import { createDrainer } from '../features/audit/capture/drainer.ts';
import { AuditLog } from '../features/audit/service.ts';
import { breakerAction, manualRateAction } from '../features/rates/operating/dangerous.ts';
import { reconciliationJobs } from '../features/reconciliation/jobs.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { applyMigrations, assureSchema } from './adapters.ts';
import { openArchival } from './archival.ts';
import { anchorJobs } from './audit-anchors.ts';
import { configurationRecorder } from './audit-configuration.ts';
import { openSigning } from './audit-signing.ts';
import { openHttpApi } from './http-api.ts';
import { approvalsRequired, openPeople } from './identity.ts';
import { announceLocalService } from './local-service.ts';
import { openNotifications } from './notifications.ts';
import type { App, ComposeOptions, Parts } from './parts.ts';
import { openPayouts } from './payouts.ts';
import { openRates } from './rates.ts';
import { openReconciliation, overdue } from './reconciliation.ts';
import { type OnClose, openAdapters, openJobs } from './service-adapters.ts';
import { bookOverrides, loadBook, loadRates } from './settings.ts';
import { verdictsTo } from './verdicts.ts';

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

async function build(options: ComposeOptions, onClose: OnClose, close: () => Promise<void>): Promise<App> {
  const { config, mode = 'live' } = options;
  const book = loadBook(config.values.RECONCILIATION_BOOK, { ...bookOverrides(config), ...options.book });
  const adapters = await openAdapters(options, onClose);
  const { clock, random, log, db } = adapters;
  await (options.migrate === true ? applyMigrations(db) : assureSchema(db));

  const metrics = createMetrics();
  const audit = new AuditLog({ ...adapters, origin: config.values.AUDIT_ORIGIN, zone: config.values.AUDIT_ZONE });
  await audit.open();
  const drainer = createDrainer({
    ...{ clock, log },
    drain: () => audit.drain(),
    closeDays: () => audit.closeDays(),
  });
  onClose(() => drainer.stop());
  const telling = await openNotifications({ ...adapters, config, mode, metrics, trouble: () => overdue(watchdog) });
  onClose(() => telling.close());
  const notifications = telling.service;
  const signing = await openSigning({ ...adapters, config, notifications });
  onClose(() => signing?.keeper.stop());
  const rates = await openRates(
    { ...adapters, settings: options.rates ?? loadRates(config), metrics, notifications, incidents: telling.incidents },
    onClose,
  );
  const payouts = await openPayouts({ ...adapters, config, notifications, book: book.name });
  onClose(() => payouts.keeper.stop());
  const reconciliation = await openReconciliation(
    {
      ...{ ...adapters, config, metrics, book, notifications, rates: rates.service },
      halts: verdictsTo(payouts.service, telling.incidents),
      ownClock: options.adapters?.clock !== undefined,
    },
    onClose,
  );
  const { watchdog } = reconciliation;
  const access = new AccessService({ db, clock, random, log, notices: notifications });
  onClose(() => access.lastUse.stop());
  const people = openPeople({ ...adapters, config, notices: notifications });
  const approvals = new Approvals({
    ...{ db, clock, random, log, notices: notifications },
    expireMs: config.values.APPROVALS_EXPIRE_MS,
    required: approvalsRequired(config),
  });
  const archival = openArchival({ ...adapters, config, audit, mode, notifications, incidents: telling.incidents });
  onClose(() => archival.stop());
  const { restore, policy, deletion, release } = archivalActions(archival);
  approvals.add(
    register(manualRateAction(rates.operations)),
    register(breakerAction(rates.operations)),
    register(createKeyAction(access)),
    ...[register(restore), register(policy), register(deletion), register(release)],
  );
  const parts: Parts = {
    ...adapters,
    config,
    metrics,
    book,
    rates: rates.service,
    reconciliation: reconciliation.service,
    payouts: payouts.service,
    notifications,
    access,
    approvals,
    audit,
    signing,
  };

  const server = await openHttpApi({ parts, rates, reconciliation, telling, archival, people, options });
  onClose(() => server.close());

  const recordConfiguration = configurationRecorder({ audit, db, random, config, book, rates: rates.settings, mode });
  return {
    ...parts,
    server,
    listen: async () => {
      await recordConfiguration(); // before anything is done with it
      const url = await server.listen({ host: config.values.PLUMBLINE_HOST, port: config.values.PLUMBLINE_PORT });
      const key = access.createLocalKey('local', localScopes(approvals.required));
      onClose(announceLocalService(config.values.PLUMBLINE_DATA, { url, key }));
      rates.service.start(); // whoever answers callers has its rates in memory
      rates.watch.start();
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
      const intraday = config.values.RECONCILIATION_INTRADAY_SCHEDULE;
      const schedule = [
        ...reconciliationJobs(reconciliation.service, {
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
