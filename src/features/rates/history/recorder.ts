/**
 * Writes published quotes down, off the way of whoever asks for a rate: a quote is taken at once and
 * written within a moment, several in one statement. While the database is away they wait, in order.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { formatRate, pairName } from '../../../kernel/rate.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import type { QuoteForRecord, QuoteSink } from '../ports.ts';
import { bidAsk } from '../rules.ts';
import * as store from '../store.ts';

export interface RecorderDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** The canonical policy that quotes name by its hash. */
  readonly policy: { readonly hash: string; readonly document: string };
  /** Quotes that may wait; 20,000 unless told: some four days of the reference graph. */
  readonly capacity?: number;
}

const BATCH = 100;
/** What comes within this time is written together, milliseconds. */
const GATHER_MS = 100;
const RETRY_MS = 2_000;
/** At the end, the time that the last ones have to be written, milliseconds. */
const LAST_CHANCE_MS = 5_000;

export class QuoteRecorder implements QuoteSink {
  readonly #deps: RecorderDeps;
  readonly #capacity: number;
  readonly #waiting: QuoteForRecord[] = [];
  readonly #stop = new AbortController();
  #policyKnown = false;
  #lost = 0;
  #writing: Promise<void> | undefined;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    this.#capacity = deps.capacity ?? 20_000;
  }

  /** Quotes that wait to be written. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Quotes that there was no room for since the start. */
  get lost(): number {
    return this.#lost;
  }

  publish(quote: QuoteForRecord): void {
    this.#waiting.push(quote);
    if (this.#waiting.length > this.#capacity) {
      this.#waiting.shift();
      this.#lost += 1;
      if (this.#lost === 1) {
        this.#deps.log.error(
          { code: 'rates.quotes_lost' },
          'the database was away for too long: the oldest quotes are not kept',
        );
      }
    }
    if (!this.#stop.signal.aborted) this.#writing ??= this.#run();
  }

  /** Writes what waits, as far as the database takes it in five seconds. */
  async close(): Promise<void> {
    const { clock, log } = this.#deps;
    this.#stop.abort();
    await this.#writing;
    const end = clock.monotonic() + LAST_CHANCE_MS;
    while (this.#waiting.length > 0 && clock.monotonic() < end) {
      if (!(await this.#write())) break;
    }
    if (this.#waiting.length === 0) return;
    log.error(
      { code: 'rates.quotes_unwritten', quotes: this.#waiting.length },
      'quotes could not be written before the end',
    );
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stop;
    const pause = (ms: number): Promise<void> => clock.sleep(ms, signal).catch(() => undefined);
    await pause(GATHER_MS);
    while (this.#waiting.length > 0 && !signal.aborted) {
      if (!(await this.#write())) await pause(RETRY_MS);
    }
    this.#writing = undefined;
  }

  /** The oldest that wait. @returns whether they were written */
  async #write(): Promise<boolean> {
    const { db, log, clock, policy } = this.#deps;
    const batch = this.#waiting.slice(0, BATCH);
    try {
      if (!this.#policyKnown) {
        const row = { policy_hash: policy.hash, document: policy.document, first_used_at: new Date(clock.now()) };
        await store.insertPolicy(db.sql, row);
        this.#policyKnown = true;
      }
      await store.insertQuotes(db.sql, batch.map(rowOf));
      this.#waiting.splice(0, batch.length);
      return true;
    } catch (error) {
      const fields = { code: 'rates.quotes_wait', waiting: this.#waiting.length };
      log.warn(fields, `published quotes cannot be written yet: ${messageOf(error)}`);
      return false;
    }
  }
}

function rowOf({ pair, published, policyHash, evidence }: QuoteForRecord): store.RateQuoteRow {
  const { bid, ask } = bidAsk(published.mid, published.halfSpreadBps);
  return {
    quote_id: published.quoteId,
    pair: pairName(pair),
    bid: formatRate(bid),
    mid: formatRate(published.mid),
    ask: formatRate(ask),
    half_spread_bps: published.halfSpreadBps,
    agreement: published.agreement,
    basis: published.basis,
    sources: published.figures.map(({ source }) => source),
    as_of: new Date(published.publishedAt - published.ageMs),
    published_at: new Date(published.publishedAt),
    policy_hash: policyHash,
    evidence,
  };
}
