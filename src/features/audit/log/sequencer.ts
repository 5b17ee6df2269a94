/**
 * Puts leaves into their one order: a batch is made for the log as it stands, and the database appends it
 * only to that. Any number of processes may do this at once; who comes second looks, and makes its batch again.
 */
import { addDays, type BusinessDate, businessDateAt } from '../../../kernel/business-date.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { isPlumblineError, PlumblineError } from '../../../kernel/errors.ts';
import { isUniqueViolation } from '../../../platform/db/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { type LoggedLeaf, readLeavesAt } from '../store.ts';
import { type Batch, buildBatch, type Entry, type LogState } from './batch.ts';
import { dayCloseEntry } from './day-close.ts';
import { type Appended, type Group, GroupCommit, type Waiting } from './group-commit.ts';
import { canonicalRecord } from './leaf.ts';
import { answerKnown, firstOfKeys } from './repeats.ts';
import * as store from './store.ts';
import { Turns } from './turns.ts';

export interface SequencerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
}

/** A batch, and whose entries its leaves are. */
interface Made {
  readonly once: Group;
  readonly written: Written;
}

type Outcome =
  | { readonly kind: 'appended'; readonly made: Made; readonly log: LogState }
  /** The log is another by now, or has one of the keys. */
  | { readonly kind: 'refused' }
  /** Nobody heard whether it was appended, if it was made at all. */
  | { readonly kind: 'lost'; readonly made: Made | undefined; readonly error: Error };

/** Leaves that are made of the outbox in one transaction. */
const MAX_DRAINED = 4_096;
const ATTEMPTS = 5;
/** More days than this were not slept through: the clock is wrong. */
const MAX_DAYS_BEHIND = 400;
const RETRY_MS = 50;
const SALT_BYTES = 32;

export class Sequencer {
  readonly #deps: SequencerDeps;
  #state: LogState | undefined;
  /** What the batch that was sent last leaves, if it is appended. */
  #expected: LogState | undefined;
  /** One at a time in this process. */
  readonly #turns = new Turns();
  readonly #callers: GroupCommit<Made>;

  constructor(deps: SequencerDeps) {
    this.#deps = deps;
    this.#callers = new GroupCommit({
      turns: this.#turns,
      prepare: (group) => this.#prepare(group),
      commit: (group, prepared) => this.#sequence(group, prepared),
    });
  }

  /** Resolves when the leaf is durable. @throws `audit.stream_unknown`, `audit.key_reused` (invalid) */
  append(entry: Entry): Promise<Appended> {
    return this.#callers.append(entry);
  }

  /** Closes the days that have ended, oldest first. @returns how many */
  closeDays(): Promise<number> {
    return this.#turns.take(async () => {
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
  async drain(whenBusy: 'skip' | 'wait' = 'skip'): Promise<number> {
    if (await store.isOutboxEmpty(this.#deps.db.sql)) return 0; // nobody's turn is taken for nothing
    return await this.#turns.take(async () => {
      await this.#upToToday();
      const next = await this.#deps.db.transaction({}, async (tx) => {
        const state = await store.readState(tx, whenBusy);
        if (state === undefined) return undefined;
        const said = await store.takeOutbox(tx, MAX_DRAINED);
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
    return this.#turns.take(async () => {
      await this.#upToToday();
      const written = await this.#deps.db.transaction({}, async (tx) => {
        const next = this.#make(await lockedState(tx), [entry], indices);
        if (!(await next.append(tx))) throw lostLock();
        return next;
      });
      this.#state = written.batch.next;
      const [leaf] = logged(written);
      if (leaf === undefined) throw new RangeError('one entry is one leaf');
      return leaf;
    });
  }

  /** For the log as the batch before leaves it. @returns undefined where the log must be asked something first */
  #prepare(group: Group): Made | undefined {
    const base = this.#expected;
    if (base === undefined || base.openDate < this.#today(base) || !group.every((each) => isKnown(base, each)))
      return undefined;
    return this.#madeOf(group, base);
  }

  /** @returns what tells the callers; those who are refused have been told */
  async #sequence(group: Group, prepared: Made | undefined): Promise<() => void> {
    const told: (() => void)[] = [];
    const tell = (): void => {
      for (const each of told) each();
    };
    try {
      const lost: Made[] = [];
      let rest = prepared === undefined ? await this.#rejectUnknown(group) : group;
      for (let attempt = 0; rest.length > 0; attempt += 1) {
        if (attempt > ATTEMPTS) throw busy();
        const outcome = attempt === 0 ? await this.#append(rest, prepared) : await this.#appendAlone(rest, lost);
        if (outcome.kind === 'lost') {
          if (attempt === ATTEMPTS) throw outcome.error;
          if (outcome.made !== undefined) lost.push(outcome.made);
          await this.#deps.clock.sleep(RETRY_MS * 2 ** attempt);
          continue;
        }
        if (outcome.kind === 'appended') {
          const { made, log } = outcome;
          this.#state = log;
          for (const [at, leaf] of logged(made.written).entries()) {
            told.push(() => made.once[at]?.resolve({ leaf, replayed: false }));
          }
          const served = new Set(made.once);
          rest = rest.filter((each) => !served.has(each));
        }
        rest = await answerKnown(this.#deps.db.sql, rest);
      }
    } catch (error) {
      this.#forget();
      tell();
      for (const { reject } of group) reject(error); // those that were resolved do not hear it
      return () => undefined;
    }
    return tell;
  }

  /** To the log as this process knows it, or behind the batch that was sent before. */
  async #append(rest: Group, prepared: Made | undefined): Promise<Outcome> {
    let made = prepared;
    try {
      if (made === undefined) {
        this.#expected = undefined;
        made = this.#madeOf(rest, await this.#upToToday());
      }
      this.#expected = made.written.batch.next;
      if (await made.written.append(this.#deps.db.inOrder)) return appended(made);
      this.#forget();
      return { kind: 'refused' };
    } catch (error) {
      return this.#failed(error, made);
    }
  }

  /** While nobody else appends. What was lost and is not there by now never will be: the log has grown. */
  async #appendAlone(rest: Group, lost: readonly Made[]): Promise<Outcome> {
    let made: Made | undefined;
    try {
      await this.#upToToday();
      return await this.#deps.db.transaction({}, async (tx) => {
        const log = await lockedState(tx);
        for (const each of lost) if (await isThere(tx, each.written)) return { kind: 'appended', made: each, log };
        made = this.#madeOf(rest, log);
        if (!(await made.written.append(tx))) throw lostLock();
        return appended(made);
      });
    } catch (error) {
      return this.#failed(error, made);
    }
  }

  #failed(error: unknown, made: Made | undefined): Outcome {
    this.#forget();
    if (isUniqueViolation(error, 'audit_leaves_idem')) return { kind: 'refused' };
    if (isPlumblineError(error) && error.kind === 'upstream') return { kind: 'lost', made, error };
    throw error;
  }

  #madeOf(group: Group, log: LogState): Made {
    const once = firstOfKeys(group);
    const entries = once.map(({ entry }) => entry);
    return { once, written: this.#make(log, entries) };
  }

  async #rejectUnknown(waiting: Group): Promise<Group> {
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

  /** Somebody else has appended, or nobody knows. */
  #forget(): void {
    this.#state = undefined;
    this.#expected = undefined;
  }

  #today({ zone }: LogState): BusinessDate {
    return businessDateAt(this.#deps.clock.now(), zone);
  }

  /** The log, with every day before today closed. */
  async #upToToday(): Promise<LogState> {
    let state = await this.#current();
    const today = this.#today(state);
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

const appended = (made: Made): Outcome => ({ kind: 'appended', made, log: made.written.batch.next });

/** The log, to which nobody else appends until the transaction ends. */
async function lockedState(tx: Tx): Promise<LogState> {
  const state = await store.readState(tx, 'wait');
  if (state === undefined) throw noLog();
  return state;
}

/** Whether a batch whose commit was never answered is in the log. */
async function isThere(tx: Tx, { batch }: Written): Promise<boolean> {
  const last = batch.leaves.at(-1);
  if (last === undefined) return false;
  const [leaf] = await readLeavesAt(tx, [last.index]);
  return leaf?.leafHash === last.leafHash;
}

const isKnown = ({ streams }: LogState, { entry }: Waiting): boolean => streams.has(entry.stream);

const logged = ({ batch, date }: Written): readonly LoggedLeaf[] => batch.leaves.map((leaf) => ({ ...leaf, date }));

export const streamUnknown = (stream: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'audit.stream_unknown',
    `there is no stream "${stream.slice(0, 80)}"; create it first: plumbline audit streams add NAME`,
    {
      faults: [{ pointer: '/stream', message: 'is not a stream of this log' }],
    },
  );
const busy = (): PlumblineError =>
  new PlumblineError('busy', 'audit.busy', 'the log could not be appended to; send the entry again with the same key');
const noLog = (): PlumblineError => new PlumblineError('internal', 'audit.no_log', 'the log was not opened');
const lostLock = (): PlumblineError => new PlumblineError('internal', 'audit.lost_lock', 'the log grew under its lock');
