/**
 * The records that all processes share: one a source, one a pair. They change by compare-and-swap in
 * the shared cache, so that of any number of processes one asks a source and one publishes a rate.
 *
 * This process keeps a copy of each and answers its callers from that. Where the cache is out of
 * reach, hung or empty, it goes on with its copies, alone, and joins the others when it is back:
 * records of two histories are merged, and a record that was lost is written back.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { isPlumblineError, messageOf } from '../../../kernel/errors.ts';
import type { Cache, Snapshot, Stored } from '../../../platform/cache/port.ts';
import { steadyTime } from '../../../platform/clock/steady.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { type Alone, MOST_PROCESSES } from './pace.ts';
import { waitAtMost } from './wait.ts';

/** A kind of record: where it stands, its text form, and how two histories of it become one. */
export interface RecordType<T> {
  readonly key: string;
  readonly empty: T;
  encode(value: T): string;
  /** @throws where the text is no such record: others write here too */
  decode(text: string): T;
  merge(mine: T, theirs: T): T;
}

/** The copy of this process. */
export class SharedRecord<T> {
  readonly type: RecordType<T>;
  value: T;
  /** Undefined: the cache holds no such record. */
  tag: string | undefined;
  /** Named when the record was begun in the cache: after a loss another one begins. */
  lineage = '';
  /** Changed here and not there. */
  ahead = false;
  /** The change that is under way: one after the other, in this process. */
  busy: Promise<unknown> = Promise.resolve();

  constructor(type: RecordType<T>) {
    this.type = type;
    this.value = type.empty;
  }
}

export interface FleetDeps {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process among those that share the cache. */
  readonly member: string;
  /** How many processes there are, at the most, where nobody can be counted. */
  readonly assumedProcesses: number;
  /** Milliseconds for which the cache keeps a record that nobody changes. */
  readonly ttlMs: number;
}

type Asked<A> = { readonly kind: 'answered'; readonly answer: A } | { readonly kind: 'away' };
type Change<T> = (value: T, now: number) => T | undefined;
type Updated<T> = { readonly kind: 'done'; readonly value: T | undefined } | { readonly kind: 'lost' | 'away' };

const AWAY = { kind: 'away' } as const;

/** The cache keeps its own bound of some 50 ms; this one holds where it does not. */
const PATIENCE_MS = 500;
/** Of all who try at once one comes through each time: so many would have to come before this one. */
const ATTEMPTS = 200;
/** Further attempts at a cache that is slow: half a second, at its 50 ms. */
const SLOW_ATTEMPTS = 9;
const CENSUS_MS = 5_000;
/** Who was silent for this long is gone. */
const PRESENT_MS = 30_000;
/** While the cache is away it is looked for this often. */
const LOOK_AGAIN_MS = 1_000;
const COMPLAINT_MS = 60_000;

export class Fleet {
  readonly #deps: FleetDeps;
  readonly #steady: () => number;
  readonly #records: SharedRecord<unknown>[] = [];
  readonly #listeners: (() => void)[] = [];
  /** The cache's time minus ours. */
  #offset = 0;
  #processes: number;
  /** Monotonic milliseconds; the first one counts from when everybody has had time to be counted. */
  #countedAt = Number.NEGATIVE_INFINITY;
  #firstCountedAt: number | undefined;
  #lineages = 0;
  /** Fleet time since which the cache has not answered. */
  #aloneSince: number | undefined;
  #lookAgainAt = Number.NEGATIVE_INFINITY;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #syncing: Promise<void> | undefined;
  #version = 0;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    this.#steady = steadyTime(deps.clock);
    this.#processes = deps.assumedProcesses;
    if (deps.cache.kind !== 'memory') this.#aloneSince = this.now(); // until it has answered
  }

  /** A record that this process wants to know. */
  share<T>(type: RecordType<T>): SharedRecord<T> {
    const record = new SharedRecord(type);
    this.#records.push(record);
    return record;
  }

  /** Epoch milliseconds on the clock of the fleet: the cache's, as far as it is known here. */
  now(): number {
    return this.#steady() + this.#offset;
  }

  /** Present while the shared cache is out of reach. */
  get alone(): Alone | undefined {
    if (this.#aloneSince === undefined) return undefined;
    const early = this.#deps.clock.monotonic() - (this.#firstCountedAt ?? Number.POSITIVE_INFINITY) < PRESENT_MS;
    const processes = early ? Math.max(this.#processes, this.#deps.assumedProcesses) : this.#processes;
    return { since: this.#aloneSince, processes: Math.min(processes, MOST_PROCESSES) };
  }

  /** How many processes share the cache, as last counted. */
  get processes(): number {
    return this.#processes;
  }

  /** Counts the changes of all records. */
  get version(): number {
    return this.#version;
  }

  /** Told after any record has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Brings every record up to date. One at a time; never rejects. */
  sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** As `sync`, and what anybody wrote before this call is seen. */
  async catchUp(): Promise<void> {
    await this.#syncing; // it may have begun before
    await this.sync();
  }

  /**
   * Changes a record, here and for everybody. `change` may be called several times, with the record as
   * it stands then; undefined leaves it as it is. Never rejects.
   * @returns what `change` gave last
   */
  update<T>(record: SharedRecord<T>, change: Change<T>): Promise<T | undefined> {
    const updated = record.busy.then(() => this.#update(record, change));
    record.busy = updated;
    return updated;
  }

  async #update<T>(record: SharedRecord<T>, change: Change<T>): Promise<T | undefined> {
    for (let attempt = 0; this.#worthAsking(); attempt += 1) {
      const updated = await this.#tryUpdate(record, change);
      if (updated.kind === 'done') return updated.value;
      if (updated.kind === 'away') break;
      if (attempt === ATTEMPTS) return undefined;
    }
    const next = change(record.value, this.now());
    if (next !== undefined) this.#keep(record, { value: next, ahead: true });
    return next;
  }

  async #tryUpdate<T>(record: SharedRecord<T>, change: Change<T>): Promise<Updated<T>> {
    const { cache, ttlMs } = this.#deps;
    const { key } = record.type;
    const read = await this.#ask(() => this.#read([key]));
    if (read.kind === 'away') return AWAY;
    this.#adopt(record, read.answer.found[0]);
    const next = change(record.value, this.now());
    if (next === undefined && !record.ahead) return { kind: 'done', value: undefined };
    const value = next ?? record.value;
    const { tag } = record;
    const lineage = tag === undefined ? this.#newLineage() : record.lineage;
    const swapped = await this.#ask(() => cache.swap(key, tag, `${lineage} ${record.type.encode(value)}`, ttlMs));
    if (swapped.kind === 'away') return AWAY;
    if (swapped.answer === undefined) return { kind: 'lost' };
    this.#keep(record, { value, tag: swapped.answer, lineage, ahead: false });
    return { kind: 'done', value: next };
  }

  async #sync(): Promise<void> {
    if (!this.#worthAsking()) return;
    const read = await this.#ask(() => this.#read(this.#records.map(({ type }) => type.key)));
    if (read.kind === 'away') return;
    for (const [index, record] of this.#records.entries()) {
      this.#adopt(record, read.answer.found[index]);
      if (record.ahead) await this.update(record, () => undefined);
    }
    await this.#count();
  }

  async #read(keys: readonly string[]): Promise<Snapshot> {
    const snapshot = await this.#deps.cache.read(keys);
    this.#offset = snapshot.now - this.#steady();
    return snapshot;
  }

  async #count(): Promise<void> {
    const { cache, clock, member } = this.#deps;
    if (clock.monotonic() - this.#countedAt < CENSUS_MS) return;
    this.#countedAt = clock.monotonic();
    const counted = await this.#ask(() => cache.census('rates', member, PRESENT_MS));
    if (counted.kind === 'away') return;
    this.#processes = counted.answer;
    this.#firstCountedAt ??= clock.monotonic();
  }

  /** What the cache holds, joined with what is known here. */
  #adopt<T>(record: SharedRecord<T>, stored: Stored | undefined): void {
    const { type, value } = record;
    const known = value !== type.empty;
    if (stored === undefined) {
      this.#keep(record, { tag: undefined, ahead: known }); // lost there: what is known here goes back
      return;
    }
    const { tag } = stored;
    if (tag === record.tag && !record.ahead) return;
    const [lineage = ''] = stored.value.split(' ', 1);
    const theirs = this.#decode(type, stored.value.slice(lineage.length + 1));
    if (theirs === undefined) this.#keep(record, { tag, lineage, ahead: true });
    else if (!known || (!record.ahead && lineage === record.lineage)) {
      this.#keep(record, { value: theirs, tag, lineage, ahead: false });
    } else this.#keep(record, { value: type.merge(value, theirs), tag, lineage, ahead: true });
  }

  #newLineage(): string {
    this.#lineages += 1;
    return `${this.#deps.member}.${this.#lineages}`;
  }

  #decode<T>(type: RecordType<T>, text: string): T | undefined {
    try {
      return type.decode(text);
    } catch (error) {
      const fields = { code: 'rates.cache_rejected', key: type.key };
      this.#deps.log.warn(fields, `what the cache holds is ignored: ${messageOf(error).slice(0, 300)}`);
      return undefined;
    }
  }

  #keep<T>(record: SharedRecord<T>, kept: Partial<Pick<SharedRecord<T>, 'value' | 'tag' | 'lineage' | 'ahead'>>): void {
    const before = record.value;
    Object.assign(record, kept);
    if (record.value === before) return;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  #worthAsking(): boolean {
    return this.#aloneSince === undefined || this.#deps.clock.monotonic() >= this.#lookAgainAt;
  }

  /**
   * Patient with a cache that is slow: a busy machine makes it so just when a whole fleet starts, and
   * going alone would let each of them ask every source. Callers are answered from memory meanwhile.
   */
  async #ask<A>(command: () => Promise<A>): Promise<Asked<A>> {
    for (let more = SLOW_ATTEMPTS; ; more -= 1) {
      const answered = command().then((answer) => ({ kind: 'answered', answer }) as const);
      try {
        const asked = await waitAtMost<Asked<A>>(this.#deps.clock, answered, PATIENCE_MS, () => AWAY);
        if (asked.kind === 'away') this.#lost(`no answer within ${PATIENCE_MS} ms`);
        else this.#reached();
        return asked;
      } catch (error) {
        if (more > 0 && isPlumblineError(error) && error.details.timed_out === true) continue;
        this.#lost(messageOf(error));
        return AWAY;
      }
    }
  }

  #reached(): void {
    if (this.#aloneSince === undefined) return;
    this.#aloneSince = undefined;
    this.#deps.log.info({ code: 'rates.cache_back' }, 'the shared cache answers; what happened meanwhile is merged');
  }

  #lost(why: string): void {
    const { clock, log } = this.#deps;
    this.#aloneSince ??= this.now();
    this.#lookAgainAt = clock.monotonic() + LOOK_AGAIN_MS;
    if (clock.monotonic() - this.#complainedAt < COMPLAINT_MS) return;
    this.#complainedAt = clock.monotonic();
    log.warn({ code: 'rates.cache_unreachable' }, `the shared cache did not answer: ${why}`);
  }
}
