/** Where people and merchants want to hear of things: made, changed, rotated, revealed. */
import { assertZone } from '../../../kernel/business-date.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { Channel, ChannelName } from '../channels/channel.ts';
import { type SecretTexts, secretTexts } from '../channels/signing.ts';
import { maskAddress } from '../privacy/mask.ts';
import type { Vault } from '../privacy/vault.ts';
import type { Locale } from '../templates/builtin.ts';
import type { Severity } from './rules.ts';
import * as store from './store.ts';

export interface EndpointDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: no address can be kept. */
  readonly vault: Vault | undefined;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
}

export interface EndpointRequest {
  readonly owner: { readonly merchantId: string } | { readonly team: string };
  readonly channel: ChannelName;
  readonly address: string;
  readonly label: string;
  readonly events: readonly string[];
  readonly minSeverity: Severity;
  readonly locale: Locale;
  readonly zone: string;
  readonly quiet: { readonly from: number; readonly until: number } | null;
  readonly digest: 'off' | 'hourly' | 'daily';
  readonly digestAt: number;
}

/** Standard Webhooks: old and new secret sign together for so long at the most. */
const MAX_OVERLAP_MS = 7 * 86_400_000;

export class Endpoints {
  readonly #deps: EndpointDeps;

  constructor(deps: EndpointDeps) {
    this.#deps = deps;
  }

  /**
   * @throws `notifications.address_malformed`, `zone.unknown` (invalid); `notifications.endpoint_exists`,
   * `notifications.channel_off`, `notifications.secret_missing` (conflict)
   */
  async create(request: EndpointRequest, subject: string): Promise<store.EndpointRow> {
    const { db, clock, random } = this.#deps;
    assertZone(request.zone);
    const recipient = await this.recipientOf(request.channel, request.address);
    const at = new Date(clock.now());
    const id = newId<'endpoint'>(clock, random);
    const { owner, quiet } = request;
    const made = await db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      await store.keepRecipient(tx, recipient, at);
      return store.insertEndpoint(tx, {
        ...{
          id,
          channel: request.channel,
          label: request.label,
          events: request.events,
          min_severity: request.minSeverity,
        },
        merchant_id: 'merchantId' in owner ? owner.merchantId : null,
        team: 'team' in owner ? owner.team : null,
        recipient_hash: recipient.hash,
        ...{
          locale: request.locale,
          zone: request.zone,
          quiet_from: quiet?.from ?? null,
          quiet_until: quiet?.until ?? null,
        },
        ...{ digest: request.digest, digest_at: request.digestAt, created_by: subject, created_at: at },
      });
    });
    if (!made) {
      throw new PlumblineError(
        'conflict',
        'notifications.endpoint_exists',
        `this owner is told over ${request.channel} at this address already; change that endpoint, or delete it first`,
      );
    }
    return this.get(id);
  }

  /** @throws `notifications.endpoint_unknown` (missing) */
  async get(id: store.EndpointId): Promise<store.EndpointRow> {
    const row = await store.findEndpoint(this.#deps.db.sql, id);
    if (row === undefined || row.deleted_at !== null) throw unknown(id);
    return row;
  }

  list(of: {
    readonly merchantId?: string | undefined;
    readonly team?: string | undefined;
  }): Promise<readonly store.EndpointRow[]> {
    return store.listEndpoints(this.#deps.db.sql, of);
  }

  async change(id: store.EndpointId, change: store.Preferences, subject: string): Promise<store.EndpointRow> {
    if (change.zone !== undefined) assertZone(change.zone);
    await this.get(id);
    await this.#act(subject, (tx) => store.updateEndpoint(tx, id, change));
    return this.get(id);
  }

  /** @param reason null: it is told again */
  async setEnabled(id: store.EndpointId, reason: string | null, subject: string): Promise<store.EndpointRow> {
    await this.get(id);
    await this.#act(subject, (tx) => store.setStatus(tx, id, reason));
    return this.get(id);
  }

  /** Its address is forgotten, unless another endpoint has it: what is still to be sent there is not. */
  async delete(id: store.EndpointId, subject: string): Promise<void> {
    const { recipient_hash } = await this.get(id);
    await this.#act(subject, async (tx) => {
      await store.deleteEndpoint(tx, id, new Date(this.#deps.clock.now()));
      await store.forgetUnused(tx, recipient_hash);
    });
  }

  /**
   * What the owner of a webhook verifies with; telling it is recorded.
   * @throws `notifications.no_secret` (invalid): it is no webhook
   */
  async secrets(id: store.EndpointId, subject: string): Promise<SecretTexts> {
    const row = await this.get(id);
    await this.#act(subject, (tx) => store.recordOperation(tx, id, 'secret_shown', subject));
    return this.#secretsOf(row);
  }

  /** @param overlapMs how long the old secret signs beside the new one, milliseconds */
  async rotate(id: store.EndpointId, overlapMs: number, subject: string): Promise<SecretTexts> {
    const row = await this.get(id);
    this.#secretsOf(row);
    if (!(overlapMs >= 0 && overlapMs <= MAX_OVERLAP_MS)) {
      throw new PlumblineError('invalid', 'notifications.overlap', 'overlap_hours must be from 0 to 168', {
        faults: [{ pointer: '/overlap_hours', message: 'must be from 0 to 168' }],
      });
    }
    const until = new Date(this.#deps.clock.now() + overlapMs);
    await this.#act(subject, (tx) => store.rotate(tx, id, until));
    return this.#secretsOf(await this.get(id));
  }

  /** The address in clear, for somebody who may see it: that they did is recorded. */
  async reveal(hash: Buffer, recordId: string, subject: string): Promise<string | null> {
    const sealed = await store.findSealed(this.#deps.db.sql, hash);
    await this.#act(subject, (tx) => store.recordOperation(tx, recordId, 'recipient_revealed', subject));
    return sealed === undefined ? null : this.#vault().open('recipient', sealed);
  }

  /** @throws as `create` */
  async recipientOf(channelName: ChannelName, text: string): Promise<store.Recipient> {
    const vault = this.#vault();
    const channel = this.#deps.channels.get(channelName);
    if (channel === undefined) throw channelOff(channelName, this.#deps.channels);
    const address = await channel.address(text);
    return {
      hash: vault.hash(channelName, address),
      channel: channelName,
      masked: maskAddress(channelName, address),
      sealed: vault.seal('recipient', address),
    };
  }

  #secretsOf({ id, channel, secret_version }: store.EndpointRow): SecretTexts {
    if (channel === 'webhook') return secretTexts(this.#vault(), id, secret_version);
    throw new PlumblineError(
      'invalid',
      'notifications.no_secret',
      `an endpoint of ${channel} has no secret; webhooks have`,
    );
  }

  #vault(): Vault {
    if (this.#deps.vault !== undefined) return this.#deps.vault;
    throw new PlumblineError(
      'conflict',
      'notifications.secret_missing',
      'no address can be kept without a secret: set NOTIFY_SECRET (openssl rand -hex 32) for all processes and start them again',
    );
  }

  #act<T>(subject: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#deps.db.transaction({}, async (tx) => {
      await store.actAs(tx, subject);
      return work(tx);
    });
  }
}

const unknown = (id: string): PlumblineError =>
  new PlumblineError('missing', 'notifications.endpoint_unknown', `there is no endpoint ${id}`);

export const channelOff = (name: string, channels: ReadonlyMap<ChannelName, unknown>): PlumblineError =>
  new PlumblineError(
    'conflict',
    'notifications.channel_off',
    `the channel ${name} is not configured; there are: ${[...channels.keys()].join(', ') || 'none'} (docs/operations/notifications.md)`,
  );
