/** Notifications over a real database, with a channel whose provider does as it is told. */

import { type Catalogue, parseCatalogue } from '../../src/features/incidents/catalogue.ts';
import type { IncidentDeps } from '../../src/features/incidents/paging.ts';
import { IncidentService } from '../../src/features/incidents/service.ts';
import { Silences } from '../../src/features/incidents/silences.ts';
import type { Channel, ChannelName, Outcome, Outgoing } from '../../src/features/notifications/channels/channel.ts';
import { Failover } from '../../src/features/notifications/channels/failover.ts';
import { Deliverer, type DelivererDeps } from '../../src/features/notifications/outbox/deliverer.ts';
import { NotificationLog } from '../../src/features/notifications/outbox/log.ts';
import { Outbox } from '../../src/features/notifications/outbox/notify.ts';
import { Sender } from '../../src/features/notifications/outbox/sender.ts';
import { type EndpointRequest, Endpoints } from '../../src/features/notifications/preferences/endpoints.ts';
import { Vault } from '../../src/features/notifications/privacy/vault.ts';
import { NotificationService } from '../../src/features/notifications/service.ts';
import { Templates } from '../../src/features/notifications/templates/templates.ts';
import type { Clock, Random } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { ManualClock } from './manual-clock.ts';
import { recordingLogger } from './reconciliation.ts';

/** A channel that keeps what it took. */
export class FakeChannel implements Channel {
  readonly name: ChannelName;
  readonly sent: Outgoing[] = [];
  readonly providers: Channel['providers'];
  behave: (message: Outgoing, nth: number) => Outcome | Promise<Outcome> = () => ({ kind: 'delivered' });

  constructor(name: ChannelName = 'telegram') {
    this.name = name;
    this.providers = [
      {
        name: `fake-${name}`,
        send: async (message) => {
          this.sent.push(message);
          return this.behave(message, this.sent.length);
        },
      },
    ];
  }

  address(text: string): string {
    return text;
  }
}

export const TEST_CATALOGUE = `
version: 1
default: { steps: [{ after_minutes: 0, teams: [operations] }] }
events:
  solvency.deficit:
    severity: critical
    scope: [book]
    steps:
      - { after_minutes: 0, teams: [on-call] }
      - { after_minutes: 5, teams: [finance] }
      - { after_minutes: 15, teams: [admins] }
    repeat_minutes: 15
    acknowledgement_minutes: 240
    inhibits: [rates.*]
    urgency: page
    may_be_silenced: false
  solvency.error: { scope: [book], steps: [{ after_minutes: 0, teams: [on-call] }], repeat_minutes: 30 }
  rates.contested: { scope: [pair], steps: [{ after_minutes: 0, teams: [operations] }], group_seconds: 30, repeat_minutes: 60 }
  rates.settled: { severity: info, scope: [pair], steps: [{ after_minutes: 0, teams: [operations] }], resolves: [rates.contested] }
  rates.moved: { scope: [pair], steps: [{ after_minutes: 0, teams: [operations] }], quiet_minutes: 60 }
`;

let parsed: Catalogue | undefined;
const usual = (): Catalogue => {
  parsed ??= parseCatalogue(TEST_CATALOGUE, 'test');
  return parsed;
};

export interface NotifyWorld {
  readonly db: Db;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof recordingLogger>;
  readonly channel: FakeChannel;
  readonly catalogue: Catalogue;
  readonly outbox: Outbox;
  readonly endpoints: Endpoints;
  readonly sender: Sender;
  readonly notifications: NotificationService;
  readonly incidents: IncidentService;
  readonly silences: Silences;
  readonly history: NotificationLog;
  deliverer(more?: Partial<DelivererDeps>): Deliverer;
  /** An endpoint of a team, unless the rest says otherwise. */
  endpoint(team: string, address: string, more?: Partial<EndpointRequest>): Promise<string>;
}

export function notifyWorld(
  db: Db,
  given: {
    readonly clock?: ManualClock;
    readonly random?: Random;
    readonly catalogue?: string;
    readonly onPaged?: IncidentDeps['onPaged'];
  } = {},
): NotifyWorld {
  const clock = given.clock ?? new ManualClock();
  const random = given.random ?? systemRandom;
  const log = recordingLogger();
  const channel = new FakeChannel();
  const channels = new Map<ChannelName, Channel>([[channel.name, channel]]);
  const vault = new Vault(Buffer.alloc(32, 7), systemRandom);
  const catalogue = given.catalogue === undefined ? usual() : parseCatalogue(given.catalogue, 'test');
  const outbox = new Outbox({ clock, random });
  const incidents = new IncidentService({
    ...{ db, clock, random, log, catalogue, pager: outbox, onPaged: given.onPaged },
  });
  const endpoints = new Endpoints({ db, clock, random, vault, channels });
  const templates = new Templates({ db, clock, log });
  return {
    ...{ db, clock, log, channel, catalogue, outbox, endpoints, incidents },
    sender: new Sender({ db, clock, outbox, endpoints, channels }),
    notifications: new NotificationService({ db, clock, random, incidents }),
    silences: new Silences({ db, clock, random, catalogue }),
    history: new NotificationLog({ db, clock, random }),
    deliverer: (more = {}) =>
      new Deliverer({
        ...{ db, clock, random, log, vault, channels, templates, incidents, worker: 'test:1' },
        failover: failoverOf(clock),
        ...more,
      }),
    endpoint: async (team, address, more = {}) =>
      (
        await endpoints.create(
          {
            ...{
              owner: { team },
              channel: channel.name,
              address,
              label: team,
              events: ['*'],
              minSeverity: 'info',
              locale: 'en',
            },
            ...{ zone: 'Asia/Ho_Chi_Minh', quiet: null, digest: 'off', digestAt: 480, ...more },
          },
          'test',
        )
      ).id,
  };
}

export const failoverOf = (clock: Clock): Failover =>
  new Failover({ clock, breaker: { failureThreshold: 5, openMs: 60_000 }, timeoutMs: () => 2_000 });
