/** Archived rows back: asked for with a price, followed, sped up, and read one by one. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { isUuid, uuidv7 } from '../../../kernel/ids.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { ColdStore, RestoreTier } from '../../../platform/objects/cold-port.ts';
import { restoreWaitMs } from '../../../platform/objects/cold-rules.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import { amountText, type Prices } from '../plan/prices.ts';
import { readTable } from '../plan/store-table.ts';
import { pointerId } from '../pointers/key.ts';
import type { Notices } from '../ports.ts';
import type { Batch } from '../run/batch.ts';
import { listBatches } from '../run/store-batches.ts';
import { advanceRestores } from './advance.ts';
import { completedIn, type S3Event } from './events.ts';
import { targetOf } from './give-back.ts';
import { manifestOf } from './land.ts';
import { amountUnits, type Quote, quoteRestore } from './quote.ts';
import type { Restore, RestoreObject, RestoreRequest } from './request.ts';
import * as store from './store-restores.ts';

export interface RestoresDeps {
  readonly db: Db;
  readonly cold: () => Promise<ColdStore>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly prices: Prices;
  readonly region: string;
  /** Who hears that a restore is ready. */
  readonly notices?: Notices | undefined;
}

/** Looked at, and not written yet. */
export interface PreparedRestore {
  readonly request: RestoreRequest;
  readonly quote: Quote;
}

export interface RestoreView {
  readonly restore: Restore;
  readonly objects: readonly RestoreObject[];
}

export class Restores {
  readonly #deps: RestoresDeps;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(deps: RestoresDeps) {
    this.#deps = deps;
  }

  /** What quotes are reckoned with. */
  get prices(): Pick<Prices, 'currency' | 'dated'> {
    return this.#deps.prices;
  }

  /**
   * What it would cost and take; nothing is asked of the store but a listing.
   * @throws as `prepare`
   */
  async quote(asked: RestoreRequest): Promise<Quote> {
    return this.#quote(await this.#named(asked));
  }

  async #quote(request: RestoreRequest): Promise<Quote> {
    const { prices, region, clock } = this.#deps;
    const batches = await this.#batches(request);
    const rows = request.what.kind === 'row' ? { rows: 1 } : {};
    const asked = { table: request.table, tier: request.tier, days: request.days, ...rows };
    const quote = await quoteRestore(
      { cold: await this.#deps.cold(), prices, region, now: clock.now() },
      batches,
      asked,
    );
    if (request.purpose === 'return') await this.#assertShapes(quote, request);
    return quote;
  }

  /**
   * Asks the store, and answers as soon as the request is written: it is followed by the job.
   * @throws as `prepare`
   */
  async initiate(asked: RestoreRequest, by: string, maxCost?: string): Promise<RestoreView> {
    const prepared = await this.prepare(asked, maxCost);
    const id = await this.#deps.db.transaction({}, (tx) => this.write(tx, prepared, { by, approvedBy: null }));
    await this.askStore(id);
    return this.view(id);
  }

  /**
   * What would be asked for, at its price of now; nothing is written, and nothing asked but a listing.
   * @param maxCost a decimal; where the quote is above it, or unknown, it is refused
   * @throws `archive.nothing_archived` (missing), `archive.tier_refused`, `archive.mapping_invalid` (invalid),
   *   `archive.shape_differs`, `archive.cost_exceeded` (conflict)
   */
  async prepare(asked: RestoreRequest, maxCost?: string): Promise<PreparedRestore> {
    const request = await this.#named(asked);
    const quote = await this.#quote(request);
    if (maxCost !== undefined) assertCost(quote, maxCost, this.#deps.prices.currency);
    return { request, quote };
  }

  /** @returns the id under which the job follows it */
  async write(
    tx: Tx,
    { request, quote }: PreparedRestore,
    { by, approvedBy }: { readonly by: string; readonly approvedBy: string | null },
  ): Promise<string> {
    const { clock, random, prices } = this.#deps;
    const restore: Restore = {
      id: uuidv7(clock.now(), random.bytes(10)),
      ...{ table: request.table, what: request.what, purpose: request.purpose, tier: request.tier },
      ...{ days: request.days, mapping: request.mapping, currency: prices.currency, waitMs: quote.waitMs },
      quotedCost: quote.cost === undefined ? undefined : amountText(quote.cost),
      ...{ requestedBy: by, requestedAt: new Date(clock.now()), approvedBy },
    };
    const batches = quote.objects.map(({ batch }) => batch.no);
    await store.insertRestore(tx, restore, { batches, pricesDated: prices.dated });
    return restore.id;
  }

  /** @throws `archive.restore_unknown` (missing) */
  async view(id: string): Promise<RestoreView> {
    const { db } = this.#deps;
    const restore = isUuid(id) ? await store.findRestore(db.sql, id) : undefined;
    if (restore !== undefined) return { restore, objects: await store.readObjects(db.sql, restore.id) };
    throw new PlumblineError(
      'missing',
      'archive.restore_unknown',
      `there is no restore ${id.slice(0, 60)}; see: plumbline archive restores`,
    );
  }

  /** Newest first. */
  async list(limit: number): Promise<readonly RestoreView[]> {
    const { db } = this.#deps;
    const views: RestoreView[] = [];
    for (const restore of await store.listRestores(db.sql, limit)) {
      views.push({ restore, objects: await store.readObjects(db.sql, restore.id) });
    }
    return views;
  }

  /**
   * A faster tier for what still waits.
   * @throws `archive.restore_unknown` (missing), `archive.tier_refused` (invalid), `archive.not_faster`, `archive.restore_over` (conflict)
   */
  async speedUp(id: string, tier: RestoreTier): Promise<RestoreView> {
    const { db, clock } = this.#deps;
    const { objects } = await this.view(id);
    const waiting = objects.filter(({ state }) => state === 'requested' || state === 'restoring');
    if (waiting.length === 0) {
      throw new PlumblineError(
        'conflict',
        'archive.restore_over',
        `nothing of the restore ${id} waits for the store any more`,
      );
    }
    for (const { batch, tier: before } of waiting) {
      const [found] = await listBatches(db.sql, { no: batch, limit: 1 });
      assertFaster(found, before, tier);
    }
    await db.transaction({}, (tx) => store.speedUp(tx, id, tier, new Date(clock.now())));
    await this.askStore(id);
    return this.view(id);
  }

  /** The job: what waits goes on as far as it can. */
  async advance(signal?: AbortSignal): Promise<void> {
    const { db, cold, log, clock, notices } = this.#deps;
    if ((await store.readLive(db.sql)).length === 0) return; // without a request nobody opens the store
    await advanceRestores({ db, cold: await cold(), log, notices, now: () => clock.now() }, signal);
  }

  /**
   * Somebody says that objects can be read now. Where one of them is waited for, the store is looked at: once, and
   * once more where this is said while it goes on.
   * @returns how many of them are waited for; `looked` resolves when that was looked at, and never rejects
   */
  async hint(event: S3Event): Promise<{ readonly waiting: number; readonly looked: Promise<void> }> {
    const { db, cold } = this.#deps;
    const idle = { waiting: 0, looked: Promise.resolve() };
    if ((await store.readLive(db.sql)).length === 0) return idle;
    const waiting = await store.countWaiting(db.sql, completedIn(event, (await cold()).bucket));
    return waiting === 0 ? idle : { waiting, looked: this.#look() };
  }

  #look(): Promise<void> {
    this.#again = this.#looking !== undefined;
    this.#looking ??= this.#lookUntilQuiet().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.advance();
      } catch (error) {
        const { log } = this.#deps;
        log.warn({ code: 'archive.restore_waits', err: error }, `a restore waits for the job: ${messageOf(error)}`);
      }
    } while (this.#again);
  }

  /** What is written is followed by the job; that the store is asked at once is a courtesy. Never rejects. */
  async askStore(restore: string): Promise<void> {
    const { db, cold, clock, log, notices } = this.#deps;
    try {
      await advanceRestores({ db, cold: await cold(), log, notices, now: () => clock.now(), asks: restore });
    } catch (error) {
      log.warn({ code: 'archive.restore_waits', err: error }, `a restore waits: ${messageOf(error)}`);
    }
  }

  /** With the table's whole name; one that is gone has its archive still. */
  async #named(request: RestoreRequest): Promise<RestoreRequest> {
    const facts = await readTable(this.#deps.db.sql, request.table).catch(() => undefined);
    const table = facts?.quoted ?? (request.table.includes('.') ? request.table : `public.${request.table}`);
    return { ...request, table };
  }

  async #batches({ table, what }: RestoreRequest): Promise<readonly Batch[]> {
    const { db } = this.#deps;
    const numbers = await this.#numbers(table, what);
    const found: Batch[] = [];
    for (const no of numbers) {
      found.push(
        ...(await listBatches(db.sql, { no, table, states: ['committing', 'committed', 'sealed'], limit: 1 })),
      );
    }
    const withRows = found.filter(({ archivedRows, way }) => archivedRows > 0 && way !== 'purge');
    if (withRows.length > 0) return withRows;
    throw new PlumblineError(
      'missing',
      'archive.nothing_archived',
      `nothing of ${table} is archived there; see: plumbline archive batches --table ${table}`,
    );
  }

  async #numbers(table: string, what: RestoreRequest['what']): Promise<readonly number[]> {
    const { db } = this.#deps;
    switch (what.kind) {
      case 'row':
        return (await store.pointersOf(db.sql, table, pointerId(what.id))).map(({ batch }) => batch).slice(0, 1);
      case 'batch':
        return [what.batch];
      case 'object':
        return (await store.batchesAt(db.sql, table, what.archive_path)).slice(0, 1);
      case 'range':
        if (Date.parse(what.to) <= Date.parse(what.from)) {
          const message = `the time ends (${what.to}) before it begins (${what.from}); "to" is not included`;
          throw new PlumblineError('invalid', 'archive.range_empty', message, {
            faults: [{ pointer: '/what/to', message }],
          });
        }
        return db.transaction({}, (tx) => store.batchesBetween(tx, table, what));
    }
  }

  /** Hours later is too late to learn that the table has another shape. */
  async #assertShapes(quote: Quote, request: RestoreRequest): Promise<void> {
    const { db } = this.#deps;
    const seen = new Set<string>();
    for (const { batch } of quote.objects) {
      const manifest = await manifestOf(db.sql, batch);
      if (seen.has(manifest.fingerprint)) continue;
      seen.add(manifest.fingerprint);
      await targetOf(db.sql, manifest, request.mapping);
    }
  }
}

function assertCost({ cost }: Quote, maxCost: string, currency: string): void {
  const most = amountUnits(maxCost);
  if (cost !== undefined && most !== undefined && cost <= most) return;
  const said = cost === undefined ? 'is unknown: the prices have no such region' : `is ${amountText(cost)} ${currency}`;
  throw new PlumblineError(
    'conflict',
    'archive.cost_exceeded',
    `the cost ${said}, and at the most ${maxCost} may be spent; nothing was asked of the store`,
    {
      details: { cost: cost === undefined ? null : amountText(cost), max_cost: maxCost },
    },
  );
}

function assertFaster(batch: Batch | undefined, before: RestoreTier, tier: RestoreTier): void {
  const storageClass = batch?.object?.storageClass;
  if (storageClass === undefined || storageClass === 'STANDARD') return;
  const [was, wanted] = [restoreWaitMs(storageClass, before), restoreWaitMs(storageClass, tier)];
  if (wanted === undefined) {
    throw new PlumblineError(
      'invalid',
      'archive.tier_refused',
      `${batch?.object?.key ?? ''} is in ${storageClass}, which has no ${tier}`,
    );
  }
  if (was !== undefined && wanted >= was) {
    throw new PlumblineError(
      'conflict',
      'archive.not_faster',
      `${tier} is not faster than ${before}, which was asked for already`,
    );
  }
}
