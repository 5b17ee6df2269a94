/** The way in for the platform's own events, and for tests of an endpoint. */
import type { Json } from '../../../kernel/canonical.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { Channel, ChannelName } from '../channels/channel.ts';
import type { Endpoints } from '../preferences/endpoints.ts';
import type { Severity } from '../preferences/rules.ts';
import { actAs, type EndpointRow, findSealed } from '../preferences/store.ts';
import type { Locale } from '../templates/builtin.ts';
import type { Outbox, Said } from './notify.ts';

export interface SendRequest {
  readonly key: string;
  readonly event: string;
  readonly severity: Severity;
  readonly message: string;
  readonly data: Json;
  readonly merchantId: string | null;
  readonly paymentId: string | null;
  readonly teams: readonly string[];
  readonly recipients: readonly { readonly channel: ChannelName; readonly address: string; readonly locale: Locale }[];
}

export interface SenderDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly endpoints: Endpoints;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
}

export class Sender {
  readonly #deps: SenderDeps;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  channels(): readonly Channel[] {
    return [...this.#deps.channels.values()];
  }

  /** @throws `notifications.address_malformed` (invalid); `notifications.channel_off`, `notifications.secret_missing` (conflict) */
  async send(request: SendRequest, subject: string): Promise<Said> {
    const { db, outbox, endpoints } = this.#deps;
    const direct = await Promise.all(
      request.recipients.map(async ({ channel, address, locale }) => ({
        ...(await endpoints.recipientOf(channel, address)),
        locale,
      })),
    );
    return db.transaction({}, async (tx) => {
      await actAs(tx, subject);
      return outbox.notify(tx, { ...request, key: `event/${request.key}`, direct });
    });
  }

  /** A message that says that it is a test, at once and whatever the preferences are; logged as one. */
  async test(endpoint: EndpointRow, key: string, subject: string): Promise<Said> {
    const { db, outbox } = this.#deps;
    return db.transaction({}, async (tx) => {
      await actAs(tx, subject);
      const sealed = await findSealed(tx, endpoint.recipient_hash);
      return outbox.notify(tx, {
        ...{ key: `test/${endpoint.id}/${key}`, event: 'notifications.test', severity: 'info', isTest: true },
        message: `Test of ${endpoint.label}: if you can read this, it works. / Tin th\u1eed: n\u1ebfu \u0111\u1ecdc \u0111\u01b0\u1ee3c, k\u00eanh ho\u1ea1t \u0111\u1ed9ng.`,
        data: { endpoint_id: endpoint.id, asked_by: subject },
        only: { endpoint, hasAddress: sealed !== undefined },
      });
    });
  }
}
