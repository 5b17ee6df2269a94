/**
 * One source at work: its breaker, its pause, its retries, its validity. Every attempt counts for the
 * breaker, not every chain of retries; concurrent callers share one flight, and an answer is used
 * again for as long as the source's quota asks for.
 */
import type { Clock, Random } from '../../kernel/clock.ts';
import { CircuitBreaker } from '../../platform/breaker/circuit-breaker.ts';
import type { HttpClient, HttpResponse } from '../../platform/http-client/port.ts';
import { retry } from '../../platform/http-client/retry.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { countsForBreaker, type FailureClass, isRetried, SourceFailure, toSourceFailure } from './classes.ts';
import type { OnRatesEvent } from './events.ts';
import type { ProviderStatus } from './provider-status.ts';
import type { AttemptOutcome, QuoteAttempt } from './quote.ts';
import type { RatesSettings } from './settings.ts';
import type { Reading, Source } from './sources/source.ts';
import { assertValid } from './validity.ts';
import { waitAtMost } from './wait.ts';

/** A probe that has not reported this long after its own deadline never will. */
const PROBE_MARGIN_MS = 1_000;

export interface RunnerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly settings: RatesSettings;
  readonly onEvent?: OnRatesEvent | undefined;
}

/** What asking the source came to. */
export type SourceResult =
  | { readonly kind: 'read'; readonly reading: Reading; readonly attempt: QuoteAttempt }
  | { readonly kind: 'unread'; readonly attempt: QuoteAttempt };

interface Hold {
  /** Monotonic milliseconds. */
  readonly until: number;
  readonly reason: string;
}

export class SourceRunner {
  readonly source: Source;
  readonly breaker: CircuitBreaker;
  readonly #deps: RunnerDeps;
  readonly #reuseMs: number;
  #hold: Hold | undefined;
  #flight: Promise<SourceResult> | undefined;
  #latest: { readonly reading: Reading; readonly mono: number; readonly wall: number } | undefined;
  #lastOutcome: AttemptOutcome | undefined;
  #lastMessage: string | undefined;
  #lastSuccessAt: number | undefined;
  #latencyMs: number | undefined;
  #consecutiveFailures = 0;

  constructor(source: Source, deps: RunnerDeps) {
    const { settings, clock, log } = deps;
    this.source = source;
    this.#deps = deps;
    const interval = settings.sources[source.name].minIntervalMs;
    this.#reuseMs = source.cadence === 'daily' ? interval : Math.min(interval, settings.freshMs, 0.9 * settings.pollMs);
    this.breaker = new CircuitBreaker({
      name: source.name,
      failureThreshold: settings.breakerFailures,
      openMs: settings.breakerOpenMs,
      probeDeadlineMs: settings.attemptTimeoutMs + PROBE_MARGIN_MS,
      clock,
      onChange: (from, to) => {
        const fields = { code: 'rates.breaker', source: source.name, from, to };
        if (to === 'open') log.warn(fields, `${source.name}: the circuit breaker opens`);
        else log.info(fields, `${source.name}: the circuit breaker goes from ${from} to ${to}`);
        deps.onEvent?.({ kind: 'breaker', source: source.name, from, to });
      },
    });
  }

  /** Why the source would not be asked now, or undefined. */
  blocked(): QuoteAttempt | undefined {
    const { source } = this;
    if (source.disabled !== undefined) return this.#unasked('disabled', source.disabled);
    // An operator who forces the breaker open distrusts the source: its last answer too.
    if (this.breaker.state.kind === 'forced-open') return this.#unasked('skipped-open', 'its breaker is forced open');
    if (this.#reusable() !== undefined) return undefined;
    const heldMs = this.#heldMs();
    if (heldMs > 0) return this.#unasked('skipped-hold', `${this.#hold?.reason}; next call in ${seconds(heldMs)}`);
    if (this.#flight !== undefined) return undefined; // a probe in flight may be joined
    const retryInMs = this.breaker.retryInMs();
    if (retryInMs === 0) return undefined;
    return this.#unasked('skipped-open', `its circuit breaker is open; next call in ${seconds(retryInMs)}`);
  }

  /** Answers within `budgetMs`; never rejects. */
  async read(budgetMs: number): Promise<SourceResult> {
    const { clock } = this.#deps;
    const blocked = this.blocked();
    if (blocked !== undefined) return { kind: 'unread', attempt: blocked };
    const reading = this.#reusable();
    if (reading !== undefined) return { kind: 'read', reading, attempt: this.#attempt('ok', 0) };
    const began = clock.monotonic();
    this.#flight ??= this.#fly(budgetMs).finally(() => {
      this.#flight = undefined;
    });
    // Whoever joins a flight keeps to its own time.
    return await waitAtMost(clock, this.#flight, budgetMs, () => ({
      kind: 'unread',
      attempt: this.#attempt('timeout', clock.monotonic() - began, `no answer within ${Math.round(budgetMs)} ms`),
    }));
  }

  status(routes: readonly string[]): ProviderStatus {
    const { clock } = this.#deps;
    const heldMs = this.#heldMs();
    return {
      name: this.source.name,
      role: this.source.role,
      routes,
      enabled: this.source.disabled === undefined,
      disabledReason: this.source.disabled,
      breaker: this.breaker.snapshot(),
      heldUntil: heldMs > 0 ? clock.now() + Math.ceil(heldMs) : undefined,
      heldReason: heldMs > 0 ? this.#hold?.reason : undefined,
      lastOutcome: this.#lastOutcome,
      lastMessage: this.#lastMessage,
      lastSuccessAt: this.#lastSuccessAt,
      consecutiveFailures: this.#consecutiveFailures,
      latencyMs: this.#latencyMs,
    };
  }

  async #fly(budgetMs: number): Promise<SourceResult> {
    const { clock, random, settings } = this.#deps;
    const began = clock.monotonic();
    try {
      const reading = await retry(
        {
          ...{ clock, random, budgetMs },
          attempts: 1 + settings.retries,
          attemptTimeoutMs: settings.attemptTimeoutMs,
          baseDelayMs: settings.retryBaseDelayMs,
        },
        ({ timeoutMs }) => this.#call(timeoutMs),
        (error) => isRetried(toSourceFailure(error).class) && this.breaker.retryInMs() === 0,
      );
      return { kind: 'read', reading, attempt: this.#attempt('ok', clock.monotonic() - began) };
    } catch (error) {
      const failure = toSourceFailure(error);
      const ms = clock.monotonic() - began;
      return { kind: 'unread', attempt: this.#attempt(failure.class, ms, failure.message) };
    }
  }

  /** One attempt. @throws SourceFailure */
  async #call(timeoutMs: number): Promise<Reading> {
    const { clock, http } = this.#deps;
    const acquired = this.breaker.tryAcquire();
    if (!acquired.permitted) {
      throw new SourceFailure('transport', 'its circuit breaker opened in the meantime');
    }
    const began = clock.monotonic();
    try {
      const { url, headers } = this.source;
      const reading = this.#judge(await http.send({ url, headers, timeoutMs }));
      acquired.permit.success();
      this.#succeeded(reading, clock.monotonic() - began);
      return reading;
    } catch (error) {
      const failure = toSourceFailure(error);
      if (countsForBreaker(failure.class)) acquired.permit.failure();
      else acquired.permit.neutral();
      this.#failed(failure, clock.monotonic() - began);
      throw failure;
    }
  }

  #judge(response: HttpResponse): Reading {
    const { clock, settings } = this.#deps;
    const receivedAt = clock.now();
    const reading = this.#parse(response, receivedAt);
    assertValid(reading, receivedAt, settings.bands, settings.sources[this.source.name].maxLagMs);
    return reading;
  }

  #parse(response: HttpResponse, receivedAt: number): Reading {
    try {
      return this.source.parse(response, receivedAt);
    } catch (error) {
      if (error instanceof SourceFailure) throw error;
      throw new SourceFailure('bad-payload', `the answer could not be read: ${String(error).slice(0, 200)}`, {
        cause: error,
      });
    }
  }

  #succeeded(reading: Reading, ms: number): void {
    const { clock, log, onEvent } = this.#deps;
    this.#latest = { reading, mono: clock.monotonic(), wall: clock.now() };
    this.#hold = undefined;
    this.#lastOutcome = 'ok';
    this.#lastMessage = undefined;
    this.#lastSuccessAt = clock.now();
    this.#latencyMs = Math.round(ms);
    this.#consecutiveFailures = 0;
    for (const warning of reading.warnings) {
      log.warn({ code: 'rates.source_warning', source: this.source.name }, `${this.source.name}: ${warning}`);
    }
    onEvent?.({ kind: 'attempt', source: this.source.name, outcome: 'ok', ms });
  }

  #failed(failure: SourceFailure, ms: number): void {
    const { log, onEvent, settings } = this.#deps;
    const source = this.source.name;
    this.#lastOutcome = failure.class;
    this.#lastMessage = failure.message;
    this.#latencyMs = Math.round(ms);
    this.#consecutiveFailures += 1;
    const holdMs = holdFor(failure, settings);
    if (holdMs !== undefined) {
      this.#hold = { until: this.#deps.clock.monotonic() + holdMs, reason: `${failure.class}: ${failure.message}` };
    }
    log.warn({ code: 'rates.source_failed', source, class: failure.class }, `${source}: ${failure.message}`);
    onEvent?.({ kind: 'attempt', source, outcome: failure.class, ms });
  }

  #reusable(): Reading | undefined {
    const latest = this.#latest;
    if (latest === undefined) return undefined;
    const { clock } = this.#deps;
    // Whichever clock says more: a machine that slept may have stopped the monotonic one.
    const elapsedMs = Math.max(clock.monotonic() - latest.mono, clock.now() - latest.wall);
    return elapsedMs < this.#reuseMs ? latest.reading : undefined;
  }

  #heldMs(): number {
    return this.#hold === undefined ? 0 : Math.max(0, this.#hold.until - this.#deps.clock.monotonic());
  }

  #unasked(outcome: AttemptOutcome, message: string): QuoteAttempt {
    return this.#attempt(outcome, 0, message);
  }

  #attempt(outcome: AttemptOutcome, ms: number, message?: string): QuoteAttempt {
    const base = { source: this.source.name, outcome, ms: Math.round(ms) };
    return message === undefined ? base : { ...base, message };
  }
}

/** Milliseconds for which the source is left alone after the failure, or undefined. */
function holdFor(failure: SourceFailure, settings: RatesSettings): number | undefined {
  const holds: Partial<Record<FailureClass, number>> = {
    'rate-limited': settings.rateLimitedHoldMs,
    refused: settings.refusedHoldMs,
  };
  const usual = holds[failure.class];
  return usual === undefined ? undefined : (failure.holdMs ?? usual);
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
