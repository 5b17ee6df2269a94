/**
 * Puts leaves into their one order. What is asked for while a batch is being committed is the next
 * batch, which is made meanwhile: no timer, and one commit for all who wait. Any number of processes may do this at once, for
 * the database appends only to the size that a batch was made for; who comes second looks, and makes
 * its batch again.
 */
import { setImmediate } from 'node:timers/promises';
import { addDays, type BusinessDate, businessDateAt } from '../../../kernel/business-date.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { isPlumblineError, PlumblineError } from '../../../kernel/errors.ts';
import { isUniqueViolation } from '../../../platform/db/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import { type LoggedLeaf, readLeavesAt } from '../store.ts';
import { type Batch, buildBatch, type Entry, type LogState } from './batch.ts';
import { dayCloseEntry } from './day-close.ts';
import { canonicalRecord } from './leaf.ts';
import * as store from './store.ts';

export interface SequencerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
}

/** A leaf that is durable, and whether the key had been used for it before. */
export interface Appended {
  readonly leaf: LoggedLeaf;
  readonly replayed: boolean;
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Callers who wait together. */
type Group = readonly Waiting[];

/** A group's batch, made while the one before it was being committed. */
interface Prepared {
  readonly group: Group;
  readonly once: Group;
  readonly repeats: Group;
  /** The log that it is made for; it is made again where the log is another by then. */
  readonly base: LogState;
  readonly written: Written;
}

const MAX_BATCH = 4_096;
/** Fewer callers than this are not parted into one batch that is committed and one that is made. */
const WORTH_PARTING = 32;
const ATTEMPTS = 5;
/** More days than this were not slept through: the clock is wrong. */
const MAX_DAYS_BEHIND = 400;
const RETRY_MS = 50;
const SALT_BYTES = 32;

export class Sequencer {
  readonly #deps: SequencerDeps;
  #state: LogState | undefined;
  /** What the batch that is being committed leaves. */
  #expected: LogState | undefined;
  readonly #queue: Waiting[] = [];
  #flushing = false;
  /** One at a time in this process. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: SequencerDeps) {
    this.#deps = deps;
  }

  /** Resolves when the leaf is durable. @throws `audit.stream_unknown`, `audit.key_reused` (invalid) */
  append(entry: Entry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      void this.#inTurn(() => this.#flush());
    });
  }

  /** Closes the days that have ended, oldest first. @returns how many */
  closeDays(): Promise<number> {
    return this.#inTurn(async () => {
      const before = (await this.#current()).openDate;
      const { openDate } = await this.#upToToday();
      return Math.round((Date.parse(openDate) - Date.parse(before)) / 86_400_000);
    });
  }

  /**
   * Makes leaves of what business transactions have said: they appear in the log in the transaction in
   * which they leave the outbox. @param whenBusy while another process does the same: leave it to that one
   * (0), or wait for its end. @returns how many
   */
  drain(whenBusy: 'skip' | 'wait' = 'skip'): Promise<number> {
    return this.#inTurn(async () => {
      if (await store.isOutboxEmpty(this.#deps.db.sql)) return 0;
      await this.#upToToday();
      const next = await this.#deps.db.transaction({}, async (tx) => {
        const state = await store.readState(tx, whenBusy);
        if (state === undefined) return undefined;
        const said = await store.takeOutbox(tx, MAX_BATCH);
        if (said.length === 0) return undefined;
        const written = this.#make(
          state,
          said.map(
            ({ record, ...fields }): Entry => ({
              ...fields,
              content: { kind: 'record', record: canonicalRecord(record) },
            }),
          ),
        );
        if (!(await written.append(tx))) throw lostLock();
        return written.batch;
      });
      this.#state = next?.next;
      return next?.leaves.length ?? 0;
    });
  }

  /**
   * Appends the leaf that says that payloads are forgotten, and forgets them, in one transaction.
   * @returns that leaf
   */
  redact(indices: readonly number[], entry: Entry): Promise<LoggedLeaf> {
    return this.#inTurn(async () => {
      await this.#upToToday();
      const written = await this.#commitLocked([entry], indices);
      const [leaf] = logged(written);
      if (leaf === undefined) throw new RangeError('one entry is one leaf');
      return leaf;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** While the database works on a batch, this process tells the callers of the one before, and makes the next. */
  async #flush(): Promise<void> {
    let tell = (): void => undefined;
    let prepared: Prepared | undefined;
    while (prepared !== undefined || this.#queue.length > 0) {
      const group = prepared?.group ?? this.#take(0);
      const done = this.#sequence(group, prepared);
      await setImmediate(); // the batch is on its way
      tell();
      await setImmediate(); // who was told may have asked again
      prepared = this.#prepare(group.length);
      tell = await done;
    }
    this.#flushing = false;
    tell();
  }

  /** Half of those who wait or are being served, so that there is always one batch to commit and one to make. */
  #take(served: number): Group {
    const half = Math.ceil((served + this.#queue.length) / 2);
    return this.#queue.splice(0, Math.min(MAX_BATCH, Math.max(WORTH_PARTING, half)));
  }

  /** @returns undefined where nobody waits, or where the log must be asked something first */
  #prepare(served: number): Prepared | undefined {
    const base = this.#expected;
    if (base === undefined || this.#queue.length === 0) return undefined;
    if (!this.#queue.every(({ entry }) => base.streams.has(entry.stream))) return undefined;
    const group = this.#take(served);
    const [once, repeats] = splitRepeats(group);
    return { group, once, repeats, base, written: this.#make(base, entriesOf(once)) };
  }

  /** @returns what tells the callers; those who are refused have been told */
  async #sequence(group: Group, prepared: Prepared | undefined): Promise<() => void> {
    const told: (() => void)[] = [];
    const tell = (): void => {
      for (const each of told) each();
    };
    try {
      let rest = prepared === undefined ? await this.#rejectUnknown(group) : group;
      for (let attempt = 0; rest.length > 0; attempt += 1) {
        if (attempt > ATTEMPTS) throw busy();
        if (attempt > 0) rest = await this.#answerKnown(rest);
        const ready = attempt === 0 ? prepared : undefined;
        const [once, repeats] = ready === undefined ? splitRepeats(rest) : [ready.once, ready.repeats];
        const written = once.length === 0 ? undefined : await this.#commit(once, attempt, ready);
        if (written === undefined) continue;
        for (const [at, leaf] of logged(written).entries()) {
          told.push(() => once[at]?.resolve({ leaf, replayed: false }));
        }
        rest = repeats;
      }
    } catch (error) {
      this.#state = undefined;
      tell();
      for (const { reject } of group) reject(error); // those that were resolved do not hear it
      return () => undefined;
    }
    return tell;
  }

  /** @returns undefined where a key among them is known already, or where it is to be tried again */
  async #commit(once: Group, attempt: number, ready: Prepared | undefined): Promise<Written | undefined> {
    let written: Written | undefined;
    try {
      const state = await this.#upToToday();
      if (attempt > 0) {
        // Somebody else appends as well: nobody does while this batch is made.
        return await this.#commitLocked(entriesOf(once), [], (made) => {
          written = made;
        });
      }
      written = ready?.base === state ? ready.written : this.#make(state, entriesOf(once));
      this.#expected = written.batch.next;
      const appended = await written.append(this.#deps.db.sql);
      this.#state = appended ? written.batch.next : undefined;
      return appended ? written : undefined;
    } catch (error) {
      this.#state = undefined;
      if (isUniqueViolation(error, 'audit_leaves_idem')) return undefined;
      if (!isPlumblineError(error) || error.kind !== 'upstream' || attempt === ATTEMPTS) throw error;
      await this.#deps.clock.sleep(RETRY_MS * 2 ** attempt);
      return written !== undefined && (await this.#isThere(written)) ? written : undefined;
    }
  }

  /** @param onMade told before the commit, whose answer may be lost */
  async #commitLocked(
    entries: readonly Entry[],
    redacted: readonly number[],
    onMade: (made: Written) => void = () => undefined,
  ): Promise<Written> {
    const written = await this.#deps.db.transaction({}, async (tx) => {
      const state = await store.readState(tx, 'wait');
      if (state === undefined) throw noLog();
      const next = this.#make(state, entries, redacted);
      if (!(await next.append(tx))) throw lostLock();
      onMade(next);
      return next;
    });
    this.#state = written.batch.next;
    return written;
  }

  /** Whether a batch whose commit was never answered is in the log. */
  async #isThere({ batch }: Written): Promise<boolean> {
    const last = batch.leaves.at(-1);
    if (last === undefined) return false;
    const [leaf] = await readLeavesAt(this.#deps.db.sql, [last.index]);
    return leaf?.leafHash === last.leafHash;
  }

  /** Answers those whose key stands for a leaf already. @returns the others */
  async #answerKnown(waiting: Group): Promise<Group> {
    const { sql } = this.#deps.db;
    const idems = waiting.flatMap(({ entry }) => entry.idem ?? []);
    if (idems.length === 0) return waiting;
    const known = new Map((await store.findByIdem(sql, idems)).map((each) => [each.idem, each]));
    const leaves = new Map(
      (
        await readLeavesAt(
          sql,
          [...known.values()].map(({ index }) => index),
        )
      ).map((leaf) => [leaf.index, leaf]),
    );
    return waiting.filter(({ entry, resolve, reject }) => {
      const earlier = entry.idem === undefined ? undefined : known.get(entry.idem);
      const leaf = earlier && leaves.get(earlier.index);
      if (earlier === undefined || leaf === undefined) return true;
      if (isSame(entry, earlier)) resolve({ leaf, replayed: true });
      else reject(keyReused(earlier.index));
      return false;
    });
  }

  async #rejectUnknown(waiting: Group): Promise<Group> {
    const isKnown = ({ streams }: LogState, { entry }: Waiting): boolean => streams.has(entry.stream);
    let state = await this.#current();
    if (waiting.every((each) => isKnown(state, each))) return waiting;
    this.#state = undefined; // it may be new
    state = await this.#current();
    for (const each of waiting) if (!isKnown(state, each)) each.reject(streamUnknown(each.entry.stream));
    return waiting.filter((each) => isKnown(state, each));
  }

  async #current(): Promise<LogState> {
    this.#state ??= await store.readState(this.#deps.db.sql);
    if (this.#state === undefined) throw noLog();
    return this.#state;
  }

  /** The log, with every day before today closed. */
  async #upToToday(): Promise<LogState> {
    let state = await this.#current();
    const today = businessDateAt(this.#deps.clock.now(), state.zone);
    if (state.openDate >= today) return state;
    const daysBehind = (Date.parse(today) - Date.parse(state.openDate)) / 86_400_000;
    if (daysBehind > MAX_DAYS_BEHIND) {
      throw new PlumblineError(
        'integrity',
        'audit.clock_ahead',
        `the clock says ${today}, and the log's open day is ${state.openDate}, ${daysBehind} days before: set the clock right`,
      );
    }
    while (state.openDate < today) {
      const entry = dayCloseEntry(state, await store.closedSize(this.#deps.db.sql));
      const batch = buildBatch(state, [entry], this.#nowUs());
      const closed = await store.appending({ batch, closes: state.openDate })(this.#deps.db.sql);
      this.#state = closed ? { ...batch.next, openDate: addDays(state.openDate, 1) } : undefined;
      state = await this.#current();
    }
    return state;
  }

  #make(state: LogState, entries: readonly Entry[], redacted: readonly number[] = []): Written {
    const salted = entries.map((entry) => this.#salted(state, entry));
    const batch = buildBatch(state, salted, this.#nowUs());
    return { batch, date: state.openDate, append: store.appending({ batch, redacted }) };
  }

  /** What may name people is salted, so that nobody can find it by trying. */
  #salted(state: LogState, entry: Entry): Entry {
    const { content } = entry;
    if (content.kind === 'hash' || state.streams.get(entry.stream)?.salted !== true) return entry;
    return { ...entry, content: { ...content, salt: this.#deps.random.bytes(SALT_BYTES) } };
  }

  #nowUs(): number {
    return Math.floor(this.#deps.clock.now() * 1_000);
  }
}

/** A batch, the day that it belongs to, and what appends it. */
interface Written {
  readonly batch: Batch;
  readonly date: BusinessDate;
  readonly append: ReturnType<typeof store.appending>;
}

const entriesOf = (group: Group): readonly Entry[] => group.map(({ entry }) => entry);

const logged = ({ batch, date }: Written): readonly LoggedLeaf[] => batch.leaves.map((leaf) => ({ ...leaf, date }));

/** Those that come first with their key, and those that repeat one of them. */
function splitRepeats(waiting: Group): readonly [Group, Group] {
  const seen = new Set<string>();
  const isFirst = ({ entry: { idem } }: Waiting): boolean =>
    idem === undefined || (!seen.has(idem) && seen.add(idem) !== undefined);
  const once = waiting.filter(isFirst);
  if (once.length === waiting.length) return [once, []];
  const firsts = new Set(once);
  return [once, waiting.filter((each) => !firsts.has(each))];
}

/** A salted record that was forgotten cannot be compared any more: the key alone speaks for it. */
export function isSame({ stream, recordId, op, content }: Entry, known: store.Known): boolean {
  if (stream !== known.stream || recordId !== known.record_id || op !== known.op) return false;
  if (content.kind === 'hash') return content.dataHash === known.data_hash;
  return known.record === null ? known.redacted : content.record === known.record;
}

export const streamUnknown = (stream: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.stream_unknown',
    `there is no stream "${stream.slice(0, 80)}"; create it first: plumbline audit streams add NAME`,
    {
      faults: [{ pointer: '/stream', message: 'is not a stream of this log' }],
    },
  );
export const keyReused = (index: number): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.key_reused',
    `the key stands for another entry, leaf ${index}; use a new key for a new entry`,
    {
      details: { index },
      faults: [{ pointer: '/key', message: 'must be new for a new entry' }],
    },
  );
const busy = (): PlumblineError =>
  new PlumblineError('busy', 'audit.busy', 'the log could not be appended to; send the entry again with the same key');
const noLog = (): PlumblineError => new PlumblineError('internal', 'audit.no_log', 'the log was not opened');
const lostLock = (): PlumblineError => new PlumblineError('internal', 'audit.lost_lock', 'the log grew under its lock');
