/**
 * Providers of one channel in their order, each behind the breaker that the rates have, too. Who fails is
 * passed over at once; what speaks against the receiver or the message is final for all of them.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { type BreakerSnapshot, CircuitBreaker } from '../../../platform/breaker/circuit-breaker.ts';
import type { Channel, Outcome, Outgoing, Provider } from './channel.ts';

export interface Tried {
  readonly provider: string;
  readonly outcome: Outcome;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
}

export interface FailoverOptions {
  readonly clock: Clock;
  /** Failures in a row that open a provider's breaker, and how long it stays open, milliseconds. */
  readonly breaker: { readonly failureThreshold: number; readonly openMs: number };
  /** What one provider has for its answer, milliseconds, by channel. */
  readonly timeoutMs: (channel: string) => number;
}

export class Failover {
  readonly #options: FailoverOptions;
  readonly #breakers = new Map<string, CircuitBreaker>();

  constructor(options: FailoverOptions) {
    this.#options = options;
  }

  /** Each provider that was asked, in order; the last one's outcome is that of the whole. Never empty. */
  async send(channel: Channel, message: Outgoing): Promise<readonly Tried[]> {
    const tried: Tried[] = [];
    let waitMs = Number.POSITIVE_INFINITY;
    for (const provider of channel.providers) {
      // Endpoints of webhooks fail one by one: their health is their own, and no breaker of all of them.
      const breaker =
        channel.name === 'webhook' || channel.name === 'slack' ? undefined : this.#breakerOf(channel, provider);
      const acquired = breaker?.tryAcquire();
      if (acquired?.permitted === false) {
        waitMs = Math.min(waitMs, acquired.retryInMs);
        continue;
      }
      const one = await this.#try(channel, provider, message);
      tried.push(one);
      const { outcome } = one;
      const speaksAgainst = outcome.kind === 'failed' && outcome.blame === 'provider';
      if (acquired?.permitted === true) {
        if (speaksAgainst) acquired.permit.failure();
        else if (outcome.kind === 'throttled') acquired.permit.neutral();
        else acquired.permit.success();
      }
      if (!speaksAgainst && outcome.kind !== 'throttled') return tried;
    }
    if (tried.length > 0) return tried;
    const error =
      channel.providers.length === 0
        ? `no provider of ${channel.name} is configured`
        : 'every provider has an open breaker';
    const outcome: Outcome = { kind: 'throttled', error, waitMs: Number.isFinite(waitMs) ? waitMs : undefined };
    return [{ provider: 'none', outcome, startedAt: this.#options.clock.now(), durationMs: 0 }];
  }

  /** For display. */
  breakers(): readonly BreakerSnapshot[] {
    return [...this.#breakers.values()].map((breaker) => breaker.snapshot());
  }

  async #try(channel: Channel, provider: Provider, message: Outgoing): Promise<Tried> {
    const { clock, timeoutMs } = this.#options;
    const startedAt = clock.now();
    const began = clock.monotonic();
    const outcome = await provider.send(message, timeoutMs(channel.name));
    return {
      provider: provider.name,
      outcome,
      startedAt,
      durationMs: Math.max(0, Math.round(clock.monotonic() - began)),
    };
  }

  #breakerOf(channel: Channel, provider: Provider): CircuitBreaker {
    const name = `${channel.name}/${provider.name}`;
    let breaker = this.#breakers.get(name);
    if (breaker === undefined) {
      const { clock, breaker: rules, timeoutMs } = this.#options;
      breaker = new CircuitBreaker({ ...rules, name, clock, probeDeadlineMs: timeoutMs(channel.name) + 1_000 });
      this.#breakers.set(name, breaker);
    }
    return breaker;
  }
}
