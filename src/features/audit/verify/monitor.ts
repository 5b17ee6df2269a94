/**
 * Watches a log from outside: it keeps, where the database's owner cannot reach it, how far the log was
 * verified and by which root. Each look verifies what is new, looks again at some of what is old, and
 * finds a log that has become shorter or another one.
 */
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { Loop } from '../../../platform/clock/loop.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import { type Damage, Findings } from './damage.ts';
import { type DatabaseOptions, noLog, passOver, type Verified } from './database.ts';
import { passedBy } from './pass.ts';
import { checkRows } from './rows.ts';
import { scrub } from './scrub.ts';
import * as store from './store.ts';
import type { Resume } from './tiles.ts';

export interface MonitorDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly options: DatabaseOptions;
  /** Outside the database. */
  readonly state: Resume;
  /** Each damage once. */
  readonly onDamage: (damage: readonly Damage[]) => Promise<void> | void;
  /** The log is shorter than it was: an old backup was put back. */
  readonly onRollback: (rollback: Damage) => Promise<void> | void;
  /** The look itself failed. */
  readonly onFailure: (error: unknown) => void;
  readonly intervalMs?: number;
  /** Live rows are compared so often; it reads whole tables. */
  readonly rowsEveryMs?: number;
  /** Old bundles that are looked at again each time. */
  readonly scrubBundles?: number;
}

export interface Look {
  readonly size: number;
  readonly ok: boolean;
  /** All that is wrong as of now, told before or not. */
  readonly damage: readonly Damage[];
}

interface State {
  readonly origin: string;
  readonly verified: Verified;
  readonly scrubAt: number;
}

export class Monitor {
  readonly #deps: MonitorDeps;
  readonly #told = new Set<string>();
  #state: State | undefined;
  #rowsAt = Number.NEGATIVE_INFINITY;
  readonly #loop: Loop;

  constructor(deps: MonitorDeps) {
    this.#deps = deps;
    this.#loop = new Loop(deps.clock, async () => {
      await this.look().catch(deps.onFailure);
      return deps.intervalMs ?? 5_000;
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Ends after the look that is under way. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** @throws `audit.no_log` (missing) */
  async look(): Promise<Look> {
    const { db, clock, state, rowsEveryMs = 3_600_000 } = this.#deps;
    this.#state ??= parseState(await state.load());
    const withRows = clock.monotonic() - this.#rowsAt >= rowsEveryMs;
    const { look, next } = await db.transaction({ isolation: 'repeatable read', readOnly: true }, (tx) =>
      this.#lookIn(tx, withRows),
    );
    if (withRows) this.#rowsAt = clock.monotonic();
    if (next !== undefined) {
      this.#state = next;
      await state.save(formatState(next));
    }
    await this.#tell(look.damage);
    return look;
  }

  async #lookIn(tx: Tx, withRows: boolean): Promise<{ readonly look: Look; readonly next: State | undefined }> {
    const log = await store.readLog(tx);
    if (log === undefined) throw noLog();
    const { options } = this.#deps;
    const before = this.#state;
    const wrong = before && foreign(before, log);
    if (wrong !== undefined) return { look: { size: log.size, ok: false, damage: [wrong] }, next: undefined };
    const fresh = new Findings();
    const { pass } = await passOver(tx, options, fresh, before?.verified);
    const old = new Findings();
    const scrubAt = before === undefined ? 0 : await this.#scrub(tx, before, old);
    if (withRows) await checkRows(tx, options.rows ?? 'all', old);
    const verified = { size: log.size, root: pass.frontier().root(), pass: pass.state };
    const damage = [...fresh.sorted(), ...old.sorted()];
    return {
      look: { size: log.size, ok: damage.length === 0, damage },
      // What is damaged is not what the next look begins at.
      next: fresh.count === 0 ? { origin: log.origin, verified, scrubAt } : undefined,
    };
  }

  /** @returns where the next look goes on */
  async #scrub(tx: Tx, { origin, verified, scrubAt }: State, findings: Findings): Promise<number> {
    const last = passedBy(verified.pass);
    const first = scrubAt < last ? scrubAt : 0;
    const end = Math.min(last, first + (this.#deps.scrubBundles ?? 16) * TILE_WIDTH);
    if (end > first) await scrub(tx, { ...verified, origin, first, end }, this.#deps.options, findings);
    return end;
  }

  async #tell(damage: readonly Damage[]): Promise<void> {
    const news = damage.filter(({ kind, index, size, message }) => {
      const key = `${kind} ${index} ${size} ${message}`;
      return !this.#told.has(key) && this.#told.add(key) !== undefined;
    });
    for (const each of news) if (each.kind === 'rollback') await this.#deps.onRollback(each);
    const others = news.filter(({ kind }) => kind !== 'rollback');
    if (others.length > 0) await this.#deps.onDamage(others);
  }
}

/** What a log cannot be after it was verified, whatever its leaves are. */
function foreign({ origin, verified }: State, log: store.StoredLog): Damage | undefined {
  if (log.origin !== origin) {
    return { kind: 'log-altered', message: `the log is "${log.origin}"; "${origin}" was verified here before` };
  }
  if (log.size >= verified.size) return undefined;
  const message = `the log has ${log.size} leaves; it had ${verified.size} when it was verified: an older state was put back`;
  return { kind: 'rollback', index: log.size, size: verified.size, message };
}

const HEAD = z.object({ size: z.number(), head: z.string(), index: z.number(), other: z.string().exactOptional() });
const STATE = z.object({
  origin: z.string(),
  size: z.int().nonnegative(),
  root: z.string(),
  scrubAt: z.int().nonnegative(),
  pass: z.object({
    growth: z.object({ bundles: z.int().nonnegative(), frontier: z.string(), open: z.array(z.string()) }),
    walk: z.object({ streams: z.array(z.tuple([z.string(), HEAD])), atUs: z.number() }),
  }),
});

/** A state that cannot be read is a fault of whoever keeps it: it is not taken for a first look. */
function parseState(text: string | undefined): State | undefined {
  if (text === undefined) return undefined;
  const { origin, size, root, scrubAt, pass } = STATE.parse(JSON.parse(text));
  return { origin, scrubAt, verified: { size, root: Buffer.from(root, 'base64'), pass } };
}

const formatState = ({ origin, scrubAt, verified: { size, root, pass } }: State): string =>
  JSON.stringify({ origin, size, root: Buffer.from(root).toString('base64'), scrubAt, pass });
