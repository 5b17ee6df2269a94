/** Rates that are promised for an amount, for a while: made once, accepted in time or not at all. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { newId, type PaymentQuoteId } from '../../../kernel/ids.ts';
import { type Currencies, formatMoney, parseMoney } from '../../../kernel/money.ts';
import { formatRate, type Pair, pairName } from '../../../kernel/rate.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { ExchangeRateService } from '../service.ts';
import { priced, type Side } from './rules.ts';
import { acceptPaymentQuote, findPaymentQuote, insertPaymentQuote, type PaymentQuoteRow } from './store.ts';

export interface PaymentQuotesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly rates: Pick<ExchangeRateService, 'getQuote'>;
  readonly currencies: Currencies;
  /** Age past which a rate is refused for purpose `quote`, milliseconds; undefined: never. */
  readonly maxAgeMs: number | undefined;
}

export interface PaymentQuoteRequest {
  readonly pair: Pair;
  readonly side: Side;
  /** Decimal text in `currency`, which is one of the pair's. */
  readonly amount: string;
  readonly currency: string;
  readonly lifetimeMs: number;
  /** The rate may be this old, milliseconds; as old as purpose `quote` allows unless told. */
  readonly maxAgeMs?: number;
}

export class PaymentQuotes {
  readonly #deps: PaymentQuotesDeps;

  constructor(deps: PaymentQuotesDeps) {
    this.#deps = deps;
  }

  /**
   * @throws `quotes.currency_foreign`, `quotes.amount_not_positive`, `quotes.amount_too_small`,
   * `money.malformed`, `money.excess_precision` (invalid); `currency.unknown`, `rates.unknown_pair` (missing)
   * @throws `quotes.rate_too_old` (conflict): it is the caller's own bound; `rates.unavailable` (upstream)
   */
  async create(request: PaymentQuoteRequest, createdBy: string): Promise<PaymentQuoteRow> {
    const { db, clock, random, rates, currencies } = this.#deps;
    const { pair, side, currency } = request;
    if (currency !== pair.base && currency !== pair.quote) throw foreign(currency, pair);
    const [base, quote] = [currencies.get(pair.base), currencies.get(pair.quote)];
    const amount = parseMoney(currencies.get(currency), request.amount);
    const rate = await rates.getQuote(pair);
    if (request.maxAgeMs !== undefined && rate.ageMs > request.maxAgeMs) throw tooOld(rate.ageMs, request.maxAgeMs);
    const promise = priced(side, amount, rate, base, quote);
    const now = clock.now();
    const row: PaymentQuoteRow = {
      id: newId<'payment-quote'>(clock, random),
      pair: pairName(pair),
      side,
      fixed: promise.fixed,
      base_amount: formatMoney(promise.base),
      quote_amount: formatMoney(promise.quote),
      rate: formatRate(promise.rate),
      rate_quote_id: rate.quoteId,
      level: rate.level,
      agreement: rate.agreement,
      rate_as_of: new Date(rate.asOf),
      created_by: createdBy,
      created_at: new Date(now),
      expires_at: new Date(now + this.#lifetime(request.lifetimeMs, rate.level === 'manual' ? 0 : rate.ageMs)),
      reference: null,
      accepted_at: null,
      accepted_by: null,
    };
    await insertPaymentQuote(db.sql, row);
    return row;
  }

  /** @throws `quotes.unknown` (missing) */
  async get(id: PaymentQuoteId): Promise<PaymentQuoteRow> {
    const row = await findPaymentQuote(this.#deps.db.sql, id);
    if (row === undefined) throw new PlumblineError('missing', 'quotes.unknown', `there is no quote ${id}`);
    return row;
  }

  /**
   * The payment came, and the promise is kept. Accepting it again for the same reference is answered as
   * the first time.
   * @throws `quotes.unknown` (missing); `quotes.expired`, `quotes.accepted` (conflict)
   */
  async accept(id: PaymentQuoteId, acceptedBy: string, reference: string | null): Promise<PaymentQuoteRow> {
    const { db, clock } = this.#deps;
    const now = new Date(clock.now());
    const accepted = await acceptPaymentQuote(db.sql, id, { accepted_at: now, accepted_by: acceptedBy, reference });
    if (accepted !== undefined) return accepted;
    const row = await this.get(id);
    if (row.accepted_at === null) throw expired(row, now);
    if (row.accepted_by === acceptedBy && row.reference === reference) return row;
    throw new PlumblineError(
      'conflict',
      'quotes.accepted',
      `quote ${id} was accepted at ${row.accepted_at.toISOString()}${row.reference === null ? '' : ` for ${row.reference}`}; make a new quote`,
      { unchanged: true },
    );
  }

  /** Never beyond the age that the rate may have. */
  #lifetime(wantedMs: number, ageMs: number): number {
    const { maxAgeMs } = this.#deps;
    return Math.max(1, maxAgeMs === undefined ? wantedMs : Math.min(wantedMs, maxAgeMs - ageMs));
  }
}

function foreign(currency: string, { base, quote }: Pair): PlumblineError {
  const message = `"${currency.slice(0, 20)}" is neither ${base} nor ${quote}; the amount is in one of the pair's currencies`;
  return new PlumblineError('invalid', 'quotes.currency_foreign', message, {
    faults: [{ pointer: '/currency', message }],
  });
}

const tooOld = (ageMs: number, maxAgeMs: number): PlumblineError =>
  new PlumblineError(
    'conflict',
    'quotes.rate_too_old',
    `the rate is ${ageMs} ms old, and max_age_ms is ${maxAgeMs}; allow more, or ask again`,
    { unchanged: true, details: { age_ms: ageMs } },
  );

const expired = (row: PaymentQuoteRow, now: Date): PlumblineError =>
  new PlumblineError(
    'conflict',
    'quotes.expired',
    `quote ${row.id} expired at ${row.expires_at.toISOString()}; it is ${now.toISOString()}: make a new quote`,
    { unchanged: true },
  );
