/**
 * Sends what is due, at least once and always under the same id. A worker takes a batch under a lease, sends
 * several at a time, and writes down what came of each as soon as it is known; whoever dies before that leaves
 * it to the next one, who says so in the log of attempts.
 */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import { isAway } from '../../../platform/db/unavailable.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import type { Channel, ChannelName } from '../channels/channel.ts';
import type { Failover, Tried } from '../channels/failover.ts';
import { deadLetter, endpointDisabled } from '../notices.ts';
import type { Incidents } from '../ports.ts';
import { GIVE_UP_ENDPOINT_MS } from '../preferences/rules.ts';
import { setStatus } from '../preferences/store.ts';
import { redact } from '../privacy/mask.ts';
import type { Vault } from '../privacy/vault.ts';
import type { Templates } from '../templates/templates.ts';
import { GroupCommit } from './group-commit.ts';
import { compose } from './message.ts';
import { type Result, resultOf, type Settling, suppressedResult } from './settling.ts';
import * as store from './store.ts';

export interface DelivererDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly vault: Vault | undefined;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly failover: Failover;
  readonly templates: Templates;
  /** Who hears of dead letters and of endpoints that are given up. */
  readonly incidents: Incidents;
  /** Hears of each try that was written down. */
  readonly onTried?: ((channel: store.Claimed['channel'], outcome: store.AttemptRow['outcome']) => void) | undefined;
  /** `host:pid`, for the record. */
  readonly worker: string;
  /** Before every subject and text: `[sandbox] `. */
  readonly prefix?: string;
  readonly sizes?: Partial<Sizes>;
}

export interface Sizes {
  /** Taken at once. */
  readonly batch: number;
  /** Sent at a time. */
  readonly parallel: number;
  /** Milliseconds after which somebody else takes what is not settled: longer than all providers together may take. */
  readonly leaseMs: number;
}

const SIZES: Sizes = { batch: 100, parallel: 16, leaseMs: 180_000 };
/**
 * So often in a row a look for what is due goes on where the last one ended, and so the next begins at the beginning:
 * what was taken from there is in the index until it is vacuumed, and a look has to pass it. With 300,000 sent of
 * 400,000 a look read 1,800 pages, of which 400 are those of what it takes (PostgreSQL 18).
 */
const LOOKS_ONWARD = 16;
/** Whom a dead letter belongs to until somebody takes it. */
const OWNER = 'operations';

export class Deliverer {
  readonly #deps: DelivererDeps;
  readonly #sizes: Sizes;
  readonly #settle: GroupCommit<Result>;

  constructor(deps: DelivererDeps) {
    this.#deps = deps;
    this.#sizes = { ...SIZES, ...deps.sizes };
    this.#settle = new GroupCommit((batch) => this.#write(batch), this.#sizes.batch);
  }

  /**
   * Until nothing is due.
   * @param what `pages` has a loop of its own in a worker, so that no slow receiver of something else delays one
   * @returns how many were tried
   */
  async run(signal?: AbortSignal, what: 'pages' | 'others' | 'all' = 'all'): Promise<number> {
    let tried = 0;
    let since: string | undefined;
    for (let looks = 1; signal?.aborted !== true; looks += 1) {
      const pages = what === 'others' ? [] : await this.#take(true);
      let rows = pages;
      if (pages.length === 0 && what !== 'pages') {
        rows = await this.#take(false, since);
        if (rows.length === 0 && since !== undefined) rows = await this.#take(false);
        since = looks % LOOKS_ONWARD === 0 ? undefined : rows[0]?.looked_to;
      }
      if (rows.length === 0) break;
      await this.#sendAll(rows, signal);
      tried += rows.length;
    }
    return tried;
  }

  #take(pages: boolean, since?: string): Promise<readonly store.Claimed[]> {
    const { db, clock, worker } = this.#deps;
    const { batch, leaseMs } = this.#sizes;
    const now = clock.now();
    // Few of what is long: a slow receiver must not hold a hundred others for their lease.
    const limit = pages ? this.#sizes.parallel : batch;
    const leaseUntil = new Date(now + leaseMs);
    return store.claim(db.sql, { worker, now: new Date(now), leaseUntil, limit, pages, since });
  }

  async #sendAll(rows: readonly store.Claimed[], signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#deps;
    // What has not begun when half of the lease is over is given back.
    const lastStart = clock.monotonic() + this.#sizes.leaseMs / 2;
    const queue = [...rows];
    const failures: unknown[] = [];
    const mayBegin = (): boolean => clock.monotonic() <= lastStart && signal?.aborted !== true && failures.length === 0;
    const one = async (): Promise<void> => {
      while (mayBegin()) {
        const row = queue.shift();
        if (row === undefined) return;
        try {
          const result = await this.#send(row).catch((error: unknown) => {
            queue.push(row); // no provider has it
            throw error;
          });
          await this.#settle.add(result);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#sizes.parallel, rows.length) }, one));
    if (queue.length > 0) await this.#giveBack(queue);
    if (failures.length > 0) throw failures[0];
  }

  async #giveBack(rows: readonly store.Claimed[]): Promise<void> {
    const now = new Date(this.#deps.clock.now());
    await this.#deps.db.transaction({}, (tx) => store.release(tx, rows, now));
  }

  async #send(row: store.Claimed): Promise<Result> {
    const { failover, channels, clock, vault } = this.#deps;
    if (row.channel === 'log') return this.#result(row, [this.#logged(row)]);
    if (row.endpoint_status === 'disabled') return suppressedResult(row, 'endpoint disabled');
    if (vault === undefined || row.sealed === null) {
      return suppressedResult(row, vault === undefined ? 'NOTIFY_SECRET is not set' : 'recipient forgotten');
    }
    const startedAt = clock.now();
    try {
      const message = await compose(this.#deps, row, vault.open('recipient', row.sealed));
      const channel = channels.get(row.channel) ?? {
        name: row.channel,
        providers: [],
        address: (text: string) => text,
      };
      return this.#result(row, await failover.send(channel, message));
    } catch (error) {
      if (isAway(error)) throw error; // no word about the message, which is given back
      const outcome = { kind: 'failed', blame: 'provider', error: redact(messageOf(error)) } as const;
      return this.#result(row, [{ provider: 'none', outcome, startedAt, durationMs: 0 }]);
    }
  }

  /** An alarm whose line its own process did not live to write. */
  #logged(row: store.Claimed): Tried {
    const level = ({ info: 'info', warning: 'warn', critical: 'fatal' } as const)[row.severity];
    this.#deps.log[level]({ code: row.event_type, key: row.event_key, late: true }, row.message);
    return { provider: 'log', outcome: { kind: 'delivered' }, startedAt: this.#deps.clock.now(), durationMs: 0 };
  }

  #result(row: store.Claimed, tried: readonly Tried[]): Result {
    return resultOf(row, tried, this.#settling());
  }

  #settling(): Settling {
    const { worker, clock, random } = this.#deps;
    return { worker, now: clock.now(), fraction: random.fraction(), owner: OWNER };
  }

  /** What a provider has taken is written first, and by itself: whatever else fails, it is not sent again. */
  async #write(batch: readonly Result[]): Promise<void> {
    const taken = batch.filter(isTaken);
    const others = batch.filter((each) => !isTaken(each));
    await this.#writeTaken(taken);
    if (others.length > 0) await this.#writeOthers(others);
    for (const { row, attempts } of batch) {
      if (row.left_by !== null) this.#deps.onTried?.(row.channel, 'unknown');
      for (const { outcome } of attempts) this.#deps.onTried?.(row.channel, outcome);
    }
  }

  async #writeTaken(batch: readonly Result[]): Promise<void> {
    if (batch.length === 0) return;
    const { db, clock } = this.#deps;
    const now = new Date(clock.now());
    await store.settleTaken(
      db.sql,
      batch.map((each) => each.settled),
      batch.flatMap((each) => each.attempts),
      batch.flatMap(({ row }) => (row.endpoint_id === null ? [] : [{ id: row.id, endpoint: row.endpoint_id }])),
      now,
    );
  }

  async #writeOthers(batch: readonly Result[]): Promise<void> {
    const { db, clock, log } = this.#deps;
    const now = new Date(clock.now());
    const troubles = await db.transaction({}, async (tx) => {
      const settled = await store.settle(
        tx,
        batch.map((each) => each.settled),
        now,
      );
      // A claim that was lost was still a try.
      await store.insertAttempts(
        tx,
        batch.flatMap((each) => each.attempts),
      );
      const mine = batch.filter(({ row }) => settled.has(row.id));
      const dead = mine.filter((each) => each.settled.status === 'dead');
      await this.#noteHealth(tx, mine, now);
      for (const each of dead) await this.#raiseDead(tx, each);
      return dead;
    });
    for (const { row, settled } of troubles) {
      log.error(
        {
          code: 'notifications.dead',
          id: row.id,
          channel: row.channel,
          event: row.event_type,
          error: settled.error_message,
        },
        'a notification could not be delivered and is given up',
      );
    }
  }

  async #noteHealth(tx: Parameters<typeof setStatus>[0], results: readonly Result[], now: Date): Promise<void> {
    const byEndpoint = new Map<NonNullable<store.Claimed['endpoint_id']>, NonNullable<Result['health']>>();
    for (const { row, health } of results) {
      if (row.endpoint_id !== null && health !== undefined && byEndpoint.get(row.endpoint_id)?.gone !== true)
        byEndpoint.set(row.endpoint_id, health);
    }
    const giveUpBefore = new Date(now.getTime() - GIVE_UP_ENDPOINT_MS);
    const list = [...byEndpoint].map(([id, { ok, error }]) => ({ id, ok, error }));
    const givenUp = await store.noteHealth(tx, list, now, giveUpBefore);
    const gone = [...byEndpoint].filter(([, { gone: isGone }]) => isGone).map(([id]) => id);
    for (const id of new Set([...givenUp, ...gone])) {
      const reason = gone.includes(id)
        ? 'the receiver answered that it wants nothing more'
        : 'it has failed for five days';
      if (!(await setStatus(tx, id, reason))) continue;
      await this.#deps.incidents.raise(tx, endpointDisabled(id, reason, now));
    }
  }

  async #raiseDead(tx: Parameters<typeof setStatus>[0], { row, settled }: Result): Promise<void> {
    if (row.is_test) return;
    const { id, channel, team, event_type: event } = row;
    const letter = { id, channel, team, event, error: settled.error_message };
    await this.#deps.incidents.raise(tx, deadLetter(`${id}/${row.attempts}`, letter));
  }
}

const isTaken = ({ settled: { status } }: Result): boolean => status === 'sent' || status === 'delivered';
