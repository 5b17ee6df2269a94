/** Notifications and incidents, joined: what is told to whom, what carries it, and what people answer. */
import type { Catalogue } from '../features/incidents/catalogue.ts';
import { Heartbeat } from '../features/incidents/heartbeat.ts';
import { LastResort } from '../features/incidents/last-resort.ts';
import { incidentRoutes } from '../features/incidents/routes.ts';
import { IncidentService } from '../features/incidents/service.ts';
import { Silences } from '../features/incidents/silences.ts';
import type { Channel, ChannelName } from '../features/notifications/channels/channel.ts';
import { Failover } from '../features/notifications/channels/failover.ts';
import { TelegramAnswers } from '../features/notifications/channels/telegram-answers.ts';
import { Deliverer } from '../features/notifications/outbox/deliverer.ts';
import { NotificationLog } from '../features/notifications/outbox/log.ts';
import { Outbox } from '../features/notifications/outbox/notify.ts';
import { Sender } from '../features/notifications/outbox/sender.ts';
import { Endpoints } from '../features/notifications/preferences/endpoints.ts';
import { endpointRoutes } from '../features/notifications/preferences/routes.ts';
import { teamOfRecipient } from '../features/notifications/preferences/store.ts';
import type { Vault } from '../features/notifications/privacy/vault.ts';
import { notificationRoutes } from '../features/notifications/routes.ts';
import { NotificationService } from '../features/notifications/service.ts';
import { templateRoutes } from '../features/notifications/templates/routes.ts';
import { Templates } from '../features/notifications/templates/templates.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import { parseId } from '../kernel/ids.ts';
import type { Loop } from '../platform/clock/loop.ts';
import { repeat } from '../platform/clock/repeat.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import { processName } from '../platform/db/process-identity.ts';
import type { HttpClient } from '../platform/http-client/port.ts';
import type { RegisterRoutes } from '../platform/http-server/port.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Logger } from '../platform/telemetry/port.ts';
import { openChannels, tokenStore } from './channels.ts';
import { lastVoices } from './last-voices.ts';
import { observeTelling } from './observe.ts';
import { loadCatalogue } from './settings.ts';

export interface NotificationParts {
  /** What other features raise their alarms with. */
  readonly service: NotificationService;
  readonly incidents: IncidentService;
  readonly outbox: Outbox;
  /** What was sent, and what waits. */
  readonly log: NotificationLog;
  readonly lastResort: LastResort;
  readonly routes: readonly RegisterRoutes[];
  /** Sends, pages and listens: for workers. */
  readonly keepers: readonly Loop[];
  /** Speaks when the database does not: for every process. */
  readonly watch: Loop;
  close(): Promise<void>;
}

export interface NotificationDeps {
  readonly config: Config;
  readonly mode: 'live' | 'sandbox';
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly http: HttpClient;
  readonly metrics: Metrics;
  /** Why no sign of life should be sent now; undefined: all is well. */
  readonly trouble: () => Promise<string | undefined>;
}

/** A decision is on its way within about this long, milliseconds. */
const EVERY_MS = 500;
const WATCH_MS = 10_000;
/** Between two looks at who has pressed a button, milliseconds. */
const ANSWERS_MS = 2_000;

export async function openNotifications(deps: NotificationDeps): Promise<NotificationParts> {
  const { config, db, clock, random, log, http, mode } = deps;
  const { values } = config;
  const catalogue: Catalogue = loadCatalogue(config);
  const { vault, channels, close } = await openChannels(deps);
  const outbox = new Outbox({ clock, random });
  const { onPaged, onTried } = observeTelling(deps.metrics);
  const incidents = new IncidentService({ db, clock, random, log, catalogue, pager: outbox, onPaged });
  const silences = new Silences({ db, clock, random, catalogue });
  const service = new NotificationService({ db, clock, random, incidents });
  const templates = new Templates({ db, clock, log });
  const failover = new Failover({
    clock,
    breaker: { failureThreshold: values.BREAKER_FAILURES, openMs: values.BREAKER_OPEN_MS },
    timeoutMs: timeoutOf,
  });
  const endpoints = new Endpoints({ db, clock, random, vault, channels });
  const sender = new Sender({ db, clock, outbox, endpoints, channels });
  const notificationLog = new NotificationLog({ db, clock, random });
  const deliverer = new Deliverer({
    ...{ db, clock, random, log, vault, channels, failover, templates, incidents, onTried },
    ...{ worker: processName(), prefix: mode === 'sandbox' ? '[sandbox] ' : '' },
  });
  const lastResort = new LastResort({ clock, log, voices: lastVoices(values.NOTIFY_LAST_RESORT, { channels, log }) });
  const heartbeat =
    values.NOTIFY_HEARTBEAT_URL === undefined
      ? undefined
      : new Heartbeat({ http, clock, log, url: values.NOTIFY_HEARTBEAT_URL, trouble: deps.trouble });
  const answers = answersOf(deps, { vault, channels, incidents });
  const keeper = (what: string, ...tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[]): Loop =>
    repeat({
      ...{ clock, log, code: `notifications.${what}_failed`, everyMs: EVERY_MS, tasks },
      failed: `${what} of notifications failed; it is tried again`,
    });
  const keepers = [
    keeper(
      'paging',
      (signal) => incidents.run(signal),
      (signal) => deliverer.run(signal, 'pages'),
    ),
    keeper('delivery', (signal) => deliverer.run(signal, 'others')),
    keeper(
      'answers',
      ...(answers === undefined ? [] : [answers]),
      ...(heartbeat === undefined ? [] : [() => heartbeat.run()]),
    ),
  ];
  const watch = repeat({
    ...{ clock, log, code: 'notifications.watch_failed', everyMs: WATCH_MS },
    failed: 'nobody watches whether the database answers',
    tasks: [() => lastResort.watch(() => db.version())],
  });
  if (vault === undefined) {
    log.warn({ code: 'notifications.secret_missing' }, 'NOTIFY_SECRET is not set: nobody is told outside of the log');
  }
  return {
    ...{ service, incidents, outbox, log: notificationLog, lastResort, keepers, watch },
    routes: [
      notificationRoutes({ log: notificationLog, sender, endpoints, failover }),
      endpointRoutes(endpoints, sender, notificationLog),
      templateRoutes(templates),
      incidentRoutes(incidents, silences),
    ],
    close: async () => {
      await Promise.all(keepers.map((each) => each.stop()));
      await watch.stop();
      await close();
    },
  };
}

/** What one provider has for its answer, milliseconds. Standard Webhooks gives receivers 15 to 30 s. */
const timeoutOf = (channel: string): number => (channel === 'webhook' ? 20_000 : channel === 'email' ? 8_000 : 10_000);

/** Buttons under pages in Telegram, where that is configured. */
function answersOf(
  { config, db, clock, log, http }: NotificationDeps,
  {
    vault,
    channels,
    incidents,
  }: {
    readonly vault: Vault | undefined;
    readonly channels: ReadonlyMap<ChannelName, Channel>;
    readonly incidents: IncidentService;
  },
): ((signal: AbortSignal) => Promise<unknown>) | undefined {
  const { NOTIFY_TELEGRAM_TOKEN: token, NOTIFY_TELEGRAM_URL: url } = config.values;
  if (token === undefined || vault === undefined || !channels.has('telegram')) return undefined;
  const kept = tokenStore(db, clock, vault);
  const answers = new TelegramAnswers({
    ...{ http, url, token, log },
    incidents: { acknowledge: (id, subject) => incidents.acknowledge(parseId('incident', id), subject) },
    teamOf: (chat) => teamOfRecipient(db.sql, vault.hash('telegram', chat)),
    place: {
      read: async () => Number((await kept.read('telegram'))?.text ?? 0),
      write: (update) => kept.write('telegram', String(update), null),
    },
    exclusive: (work) => kept.exclusive('telegram', work),
  });
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.monotonic() - lookedAt < ANSWERS_MS) return;
    lookedAt = clock.monotonic();
    await answers.look();
  };
}
