/**
 * Says something to whoever wants to hear it: rows in the transaction of the fact that they tell of. What is
 * not sent is a row as well, with the reason.
 */
import type { Json } from '../../../kernel/canonical.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { type NotificationId, newId } from '../../../kernel/ids.ts';
import { printable } from '../../../kernel/text.ts';
import type { Tx } from '../../../platform/db/port.ts';
import type { ChannelName } from '../channels/channel.ts';
import { isLoudEnough, type Severity, wants, whenTold } from '../preferences/rules.ts';
import { type EndpointRow, endpointsOf, keepRecipient, type Recipient } from '../preferences/store.ts';
import type { Urgency } from '../rules.ts';
import { DIGEST_EVENT, type Locale } from '../templates/builtin.ts';
import * as store from './store.ts';

export interface Notification {
  /** One for one event: the same key is said once to each recipient over each channel. */
  readonly key: string;
  readonly event: string;
  readonly severity: Severity;
  readonly message: string;
  readonly data: Json;
  readonly merchantId?: string | null;
  readonly paymentId?: string | null;
  readonly teams?: readonly string[];
  /** Somebody who is no endpoint. */
  readonly direct?: readonly (Recipient & { readonly locale: Locale })[];
  /** This endpoint and no other, whatever it wants to hear. */
  readonly only?: { readonly endpoint: EndpointRow; readonly hasAddress: boolean };
  /** A page is for somebody who has to act now: it comes first, and is worth nothing later. */
  readonly urgency?: 'page' | 'message';
  readonly incident?: { readonly id: string; readonly count: string; readonly opened_at: string } | null;
  readonly isTest?: boolean;
}

export interface Queued {
  readonly id: NotificationId;
  readonly channel: ChannelName;
  readonly recipient: string;
  readonly status: 'pending' | 'suppressed';
  readonly suppressed: string | null;
}

export interface Said {
  readonly queued: readonly Queued[];
  /** Recipients that were told of this key before. */
  readonly known: number;
}

interface Target {
  readonly channel: ChannelName;
  readonly hash: Buffer;
  readonly masked: string;
  readonly locale: Locale;
  readonly endpoint: EndpointRow | undefined;
}

export class Outbox {
  readonly #deps: { readonly clock: Clock; readonly random: Random };

  constructor(deps: { readonly clock: Clock; readonly random: Random }) {
    this.#deps = deps;
  }

  async notify(tx: Tx, notification: Notification): Promise<Said> {
    const { merchantId = null, teams = [], direct = [], only } = notification;
    const now = new Date(this.#deps.clock.now());
    for (const recipient of direct) await keepRecipient(tx, recipient, now);
    const endpoints = merchantId === null && teams.length === 0 ? [] : await endpointsOf(tx, merchantId, teams);
    const targets: readonly Target[] = [
      ...endpoints
        .filter(
          ({ events, min_severity }) =>
            wants(events, notification.event) && isLoudEnough(notification.severity, min_severity),
        )
        .map((endpoint) => ({ ...endpoint, hash: endpoint.recipient_hash, endpoint })),
      ...direct.map((each) => ({ ...each, endpoint: undefined })),
      ...(only?.hasAddress === true
        ? [{ ...only.endpoint, hash: only.endpoint.recipient_hash, endpoint: only.endpoint }]
        : []),
    ];
    const queued: Queued[] = [];
    let known = 0;
    for (const target of targets) {
      const made = await this.#enqueue(tx, notification, target, now);
      if (made === undefined) known += 1;
      else queued.push(made);
    }
    return { queued, known };
  }

  async #enqueue(tx: Tx, notification: Notification, target: Target, now: Date): Promise<Queued | undefined> {
    const { endpoint, channel, masked } = target;
    const { severity, isTest = false } = notification;
    const urgency: Urgency = channel === 'webhook' ? 'webhook' : (notification.urgency ?? 'message');
    const times = endpoint && {
      ...endpoint,
      quietFrom: endpoint.quiet_from,
      quietUntil: endpoint.quiet_until,
      digestAt: endpoint.digest_at,
    };
    // Webhooks are for machines, which keep no quiet hours and read no digests.
    const isTimed = times !== undefined && channel !== 'webhook' && !isTest && urgency !== 'page';
    const { at, digest } = isTimed
      ? whenTold(severity, now.getTime(), times)
      : { at: now.getTime(), digest: undefined };
    const disabled =
      endpoint?.status === 'disabled' ? `endpoint disabled: ${endpoint.disabled_reason ?? ''}` : undefined;
    const digestKey =
      digest === undefined || endpoint === undefined || disabled !== undefined
        ? undefined
        : `digest/${endpoint.id}/${digest}`;
    const suppressed = disabled ?? (digestKey === undefined ? null : 'digest');
    const id = newId<'notification'>(this.#deps.clock, this.#deps.random);
    const row: store.NewNotification = {
      id,
      event_key: `${notification.key}/${channel}/${target.hash.toString('hex').slice(0, 24)}`,
      merchant_id: notification.merchantId ?? null,
      payment_id: notification.paymentId ?? null,
      ...{ channel, event_type: notification.event, severity, recipient: masked, recipient_hash: target.hash },
      ...{
        endpoint_id: endpoint?.id ?? null,
        team: endpoint?.team ?? null,
        incident_id: notification.incident?.id ?? null,
      },
      message: printable(notification.message),
      payload: { data: notification.data, incident: notification.incident ?? null },
      ...{ urgency, locale: target.locale, message_id: id, is_test: isTest, created_at: now },
      ...{ status: suppressed === null ? 'pending' : 'suppressed', suppressed, digest_key: digestKey ?? null },
      next_retry_at: suppressed === null ? new Date(at) : null,
    };
    if (!(await store.enqueue(tx, row))) return undefined;
    if (digestKey !== undefined) await this.#openDigest(tx, row, digestKey, new Date(at));
    return { id, channel, recipient: masked, status: row.status, suppressed };
  }

  /** The first event of a window opens its digest; what the window gathers is read when it is sent. */
  async #openDigest(tx: Tx, item: store.NewNotification, key: string, at: Date): Promise<void> {
    const id = newId<'notification'>(this.#deps.clock, this.#deps.random);
    await store.enqueue(tx, {
      ...item,
      ...{
        id,
        message_id: id,
        event_key: key,
        event_type: DIGEST_EVENT,
        severity: 'info',
        urgency: 'message',
        incident_id: null,
        payment_id: null,
      },
      ...{
        message: '',
        payload: { data: null, incident: null },
        status: 'pending',
        suppressed: null,
        digest_key: null,
        next_retry_at: at,
      },
    });
  }
}
