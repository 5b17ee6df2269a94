/** What was published: quotes one by one, in buckets, and the evidence of each. */
import { assertZone } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { QuoteId } from '../../../kernel/ids.ts';
import type { Db } from '../../../platform/db/port.ts';
import * as store from '../store.ts';

/** Length of each bucket, seconds. */
export const BUCKETS = { '1m': 60, '5m': 300, '15m': 900, '1h': 3_600, '1d': 86_400 } as const;
export type BucketName = keyof typeof BUCKETS;

const MOST_BUCKETS = 5_000;

export class RateHistory {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Newest first. @throws `rates.range_empty` (invalid) */
  quotes(page: store.QuotesPage) {
    assertRange(page);
    return store.listQuotes(this.#db.sql, page);
  }

  /**
   * Oldest first; a bucket without a quote is left out.
   * @throws `rates.range_empty`, `rates.too_many_buckets`, `zone.unknown` (invalid)
   */
  buckets(range: store.QuotesRequest, name: BucketName, zone: string): Promise<readonly store.Bucket[]> {
    assertRange(range);
    assertZone(zone);
    const seconds = BUCKETS[name];
    const buckets = Math.ceil((range.to.getTime() - range.from.getTime()) / 1_000 / seconds);
    if (buckets > MOST_BUCKETS) {
      const message = `${buckets} buckets of ${name} are more than ${MOST_BUCKETS}; ask for longer buckets or a shorter time`;
      throw invalid('rates.too_many_buckets', 'query/bucket', message);
    }
    return store.bucketQuotes(this.#db.sql, range, seconds, zone);
  }

  /** @throws `rates.quote_unknown` (missing) */
  async evidence(id: QuoteId): Promise<{ readonly evidence: string; readonly policy: string }> {
    const row = await store.findQuote(this.#db.sql, id);
    if (row !== undefined) return { evidence: row.evidence, policy: row.policy };
    const message = `there is no published quote ${id}; one that was published a moment ago is written within a second`;
    throw new PlumblineError('missing', 'rates.quote_unknown', message);
  }
}

function assertRange({ from, to }: store.QuotesRequest): void {
  if (from < to) return;
  throw invalid('rates.range_empty', 'query/from', `from ${from.toISOString()} is not before to ${to.toISOString()}`);
}

const invalid = (code: string, pointer: string, message: string): PlumblineError =>
  new PlumblineError('invalid', code, message, { faults: [{ pointer, message }] });
