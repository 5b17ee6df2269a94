/** What operators do to the rates, with who, when and why: written down, then done for the fleet. */
import type { Json } from '../../../kernel/canonical.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { newId, uuidv7 } from '../../../kernel/ids.ts';
import { formatRate, type Pair, pairName, type Rate } from '../../../kernel/rate.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { ProviderStatus } from '../engine/provider-status.ts';
import type { ExchangeRateService } from '../service.ts';
import * as store from '../store.ts';

export interface OperationsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly rates: ExchangeRateService;
}

export interface Operator {
  readonly subject: string;
  readonly reason: string;
  /** Where a second person agreed: who, and where that is written. */
  readonly approved?: { readonly id: string; readonly by: string };
}

/** Something that is about to be done: written down in a transaction, then done for the fleet. */
export interface Prepared<Row> {
  readonly row: Row;
  write(tx: Tx): Promise<void>;
  /** After the commit. */
  apply(): Promise<void>;
}

export interface NewManualRate {
  readonly mid: Rate;
  readonly maxDeviationBps: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export type BreakerAction = 'open' | 'close' | 'reset';

export class RatesOperations {
  readonly #deps: OperationsDeps;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
  }

  /** Replaces a manual rate of the pair that stands. @throws as `ExchangeRateService.setManualRate` */
  async setManual(request: NewManualRate, operator: Operator): Promise<store.ManualRateRow> {
    const { row, write, apply } = await this.prepareManual(request, operator);
    await this.#deps.db.transaction({}, write);
    await apply();
    return row;
  }

  /** As `setManual`, for whoever has a transaction already. @throws as `setManual` */
  async prepareManual(request: NewManualRate, operator: Operator): Promise<Prepared<store.ManualRateRow>> {
    const { clock, random, rates } = this.#deps;
    const asked = { ...request, reason: operator.reason };
    await rates.checkManualRate(asked);
    const pair = pairName(request.mid.pair);
    const row: store.ManualRateRow = {
      id: uuidv7(clock.now(), random.bytes(10)),
      quote_id: newId<'quote'>(clock, random),
      pair,
      mid: formatRate(request.mid),
      reason: operator.reason,
      max_deviation_bps: request.maxDeviationBps,
      set_by: operator.subject,
      set_at: new Date(clock.now()),
      expires_at: new Date(request.expiresAt),
      ended_at: null,
      ended_by: null,
      end_reason: null,
    };
    return {
      row,
      write: async (tx) => {
        await store.endManualRate(tx, pair, this.#end(operator.subject, 'another one was set'));
        await store.insertManualRate(tx, row);
        const details = {
          rate: row.mid,
          max_deviation_bps: row.max_deviation_bps,
          expires_at: row.expires_at.toISOString(),
        };
        await this.#write(tx, operator, 'manual-rate.set', pair, details);
      },
      apply: async () => {
        await rates.setManualRate({ ...asked, id: row.id, quoteId: row.quote_id, setBy: operator.subject });
      },
    };
  }

  /** @throws `rates.no_manual` (missing): none stands; `rates.unknown_pair` (missing) */
  async endManual(pair: Pair, operator: Operator): Promise<store.ManualRateRow> {
    const { db, rates } = this.#deps;
    const name = pairName(pair);
    const stood = await rates.endManualRate(pair);
    const row = await db.transaction({}, async (tx) => {
      const ended = await store.endManualRate(tx, name, this.#end(operator.subject, operator.reason));
      if (ended !== undefined) await this.#write(tx, operator, 'manual-rate.end', name, { rate: ended.mid });
      return ended;
    });
    if (row !== undefined) return row;
    const message = stood === undefined ? `${name} has no manual rate` : `the manual rate of ${name} had ended already`;
    throw new PlumblineError('missing', 'rates.no_manual', message);
  }

  /** The rate ended by itself: it expired, or the market was too far away. */
  async manualEnded(pair: Pair, reason: string): Promise<void> {
    await store.endManualRate(this.#deps.db.sql, pairName(pair), this.#end('plumbline', reason));
  }

  /** @throws `rates.unknown_provider` (missing) */
  async controlBreaker(source: string, action: BreakerAction, operator: Operator): Promise<ProviderStatus> {
    const { db, rates } = this.#deps;
    const { write, apply } = this.prepareBreaker(source, action, operator);
    await db.transaction({}, write);
    await apply();
    return rates.providerStatus(source);
  }

  /** As `controlBreaker`, for whoever has a transaction already. @throws `rates.unknown_provider` (missing) */
  prepareBreaker(source: string, action: BreakerAction, operator: Operator): Prepared<ProviderStatus> {
    const { rates } = this.#deps;
    return {
      row: rates.providerStatus(source),
      write: (tx) => this.#write(tx, operator, `breaker.${action}`, source, {}),
      apply: async () => {
        await rates.controlBreaker(source, action);
      },
    };
  }

  /** Those that stand. */
  manualRates(): Promise<readonly store.ManualRateRow[]> {
    return store.activeManualRates(this.#deps.db.sql, new Date(this.#deps.clock.now()));
  }

  /** Newest first. */
  list(limit: number) {
    return store.listOperations(this.#deps.db.sql, limit);
  }

  #end(by: string, reason: string) {
    return { ended_at: new Date(this.#deps.clock.now()), ended_by: by, end_reason: reason };
  }

  async #write(
    tx: Tx,
    { subject, reason, approved }: Operator,
    action: string,
    target: string,
    more: Readonly<Record<string, Json>>,
  ): Promise<void> {
    const { clock, random } = this.#deps;
    const id = uuidv7(clock.now(), random.bytes(10));
    const details = approved === undefined ? more : { ...more, approval_id: approved.id, approved_by: approved.by };
    await store.insertOperation(tx, { id, at: new Date(clock.now()), subject, action, target, reason, details });
  }
}
