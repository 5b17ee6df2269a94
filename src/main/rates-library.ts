/**
 * The rates as a library, `plumbline/rates`: the service of the program, in a user's own process. It
 * needs no database, and Redis only where several processes are to share what they find.
 */
import type { OnRatesEvent } from '../features/rates/engine/events.ts';
import type { ProviderStatus } from '../features/rates/engine/provider-status.ts';
import { waitAtMost } from '../features/rates/fleet/wait.ts';
import type { Quote } from '../features/rates/quote.ts';
import { PURPOSES } from '../features/rates/rules.ts';
import { ExchangeRateService as Engine, type QuoteOptions } from '../features/rates/service.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { type Pair, pair, parsePair, type Rate } from '../kernel/rate.ts';
import { guardedListener } from './library/guards.ts';
import type { ExchangeRateServiceOptions } from './library/options.ts';
import { type Parts, partsOf } from './library/parts.ts';

export type { RatesEvent } from '../features/rates/engine/events.ts';
export type { ProviderStatus } from '../features/rates/engine/provider-status.ts';
export type { Graph } from '../features/rates/graph.ts';
export type { QuoteForRecord, QuoteSink, RatesMemory, Remembered } from '../features/rates/ports.ts';
export type { Level, Purpose, Quote, QuoteAttempt, QuoteSource } from '../features/rates/quote.ts';
export { quoteToJson } from '../features/rates/quote-json.ts';
export { dailyStamp, liveStamp } from '../features/rates/rules.ts';
export type { QuoteOptions } from '../features/rates/service.ts';
export { type FailureClass, SourceFailure } from '../features/rates/sources/classes.ts';
export type { Access, Observation, Reading, SourceRequest } from '../features/rates/sources/source.ts';
export type { Clock, Random } from '../kernel/clock.ts';
export { type ErrorKind, type Fault, isPlumblineError, PlumblineError } from '../kernel/errors.ts';
export { formatRate, type Pair, pair, pairName, parsePair, parseRate, type Rate } from '../kernel/rate.ts';
export type { HttpClient, HttpRequest, HttpResponse } from '../platform/http-client/port.ts';
export type { Logger } from '../platform/telemetry/port.ts';
export { readJson, textAt } from './library/answer.ts';
export type { ExchangeRateServiceOptions, SourceAccess, Tuning } from './library/options.ts';
export { parseGraph } from './library/parts.ts';
export type { SourceDefinition } from './library/sources.ts';

const USDT_VND = pair('USDT', 'VND');
const LONGEST_DEADLINE_MS = 600_000;

export class ExchangeRateService {
  readonly #parts: Parts;
  readonly #engine: Engine;
  /** Nothing is to be recalled, or it has been. */
  #recalled: boolean;
  #recalling: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Opens nothing and asks nobody: that begins with the first question, or with `start()`.
   *
   * @throws `rates.options_invalid`, `rates.graph_invalid` (invalid): `faults` names each field and its remedy
   */
  constructor(options: ExchangeRateServiceOptions = {}) {
    this.#parts = partsOf(options);
    this.#engine = new Engine(this.#parts.deps);
    this.#recalled = this.#parts.deps.memory === undefined;
  }

  /** What one USDT is in VND: the mid of a USDT/VND quote for purpose `quote`. @throws as `getQuote` */
  async getUSDTToVND(): Promise<Rate> {
    return (await this.getQuote(USDT_VND)).mid;
  }

  /**
   * A rate with its age and its evidence: from memory while it is fresh, or from the providers, who are
   * asked all at once.
   *
   * @param pair `USDT/VND`, or what `pair('USDT', 'VND')` gives
   * @param options `purpose`: how old the rate may be, `quote` unless told; `deadlineMs`: milliseconds
   * that this caller waits where memory has no answer, `options.deadlineMs` of the constructor unless told
   * @throws `rates.unavailable` (upstream): nobody answered, and the last known good rate, which the
   * details carry, is too old for the purpose
   * @throws `rates.unknown_pair` (missing): the graph has no such pair; the message lists those it has
   * @throws `rate.pair_malformed`, `rates.question_invalid` (invalid); `rates.closed` (conflict)
   */
  async getQuote(pair: Pair | string, options: QuoteOptions = {}): Promise<Quote> {
    this.#assertOpen();
    assertAnswerable(options);
    const of = toPair(pair);
    if (this.#recalled) return this.#engine.getQuote(of, options);
    const { clock, settings } = this.#parts.deps;
    const end = clock.monotonic() + (options.deadlineMs ?? settings.deadlineMs);
    await waitAtMost(clock, this.#recall(), end - clock.monotonic(), () => undefined);
    return this.#engine.getQuote(of, { ...options, deadlineMs: Math.max(0, end - clock.monotonic()) });
  }

  /**
   * What memory has, whatever its age, or undefined: no waiting.
   * @throws `rates.unknown_pair` (missing), `rate.pair_malformed` (invalid)
   */
  knownQuote(pair: Pair | string): Quote | undefined {
    return this.#engine.knownQuote(toPair(pair));
  }

  /** The pairs of the graph. */
  get pairs(): readonly Pair[] {
    return this.#engine.pairs;
  }

  /** How each source is doing: its circuit breaker, its last outcome, what its quota has left. */
  providers(): readonly ProviderStatus[] {
    return this.#engine.providers();
  }

  /**
   * Hears of every call, published rate, breaker and alarm from now on. What it throws is logged.
   * @returns the end of it
   */
  listen(listener: OnRatesEvent): () => void {
    return this.#engine.listen(guardedListener(listener, this.#parts.deps.log));
  }

  /**
   * Polls every source in its turn from now on, so that callers are answered from memory. The process
   * lives until `close()`. @throws `rates.closed` (conflict)
   */
  start(): void {
    this.#assertOpen();
    if (this.#recalled) {
      this.#engine.start();
      return;
    }
    // What the quotas have spent is known before anybody is asked.
    void this.#recall().then(() => {
      if (this.#closing === undefined) this.#engine.start();
    });
  }

  /** Stops polling and closes what was opened here. A closed service answers nobody. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#engine.stop().then(() => this.#parts.close());
    return this.#closing;
  }

  /** `await using rates = new ExchangeRateService()` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #recall(): Promise<void> {
    this.#recalling ??= this.#engine.recall().then(() => {
      this.#recalled = true;
    });
    return this.#recalling;
  }

  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new PlumblineError('conflict', 'rates.closed', 'this ExchangeRateService is closed; make another one');
  }
}

/** @throws `rate.pair_malformed` (invalid) */
const toPair = (of: Pair | string): Pair => (typeof of === 'string' ? parsePair(of) : of);

/** An unknown purpose would have no bound of age. */
function assertAnswerable({ purpose = 'quote', deadlineMs = 0 }: QuoteOptions): void {
  const known = PURPOSES.includes(purpose);
  const bounded = deadlineMs >= 0 && deadlineMs <= LONGEST_DEADLINE_MS;
  if (known && bounded) return;
  const faults = [
    ...(known ? [] : [{ pointer: '/purpose', message: `"${purpose}" is none; there are ${PURPOSES.join(', ')}` }]),
    ...(bounded ? [] : [{ pointer: '/deadlineMs', message: `${deadlineMs} is not from 0 to ${LONGEST_DEADLINE_MS}` }]),
  ];
  const said = faults.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
  throw new PlumblineError('invalid', 'rates.question_invalid', `the options of getQuote: ${said}`, { faults });
}
