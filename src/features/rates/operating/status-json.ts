/** A provider's state as JSON. */
import type { ProviderStatus } from '../engine/provider-status.ts';

const time = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : new Date(epochMs).toISOString();

export const statusToJson = (status: ProviderStatus) => ({
  source: status.name,
  role: status.role,
  routes: [...status.routes],
  enabled: status.enabled,
  disabled_reason: status.disabledReason ?? null,
  breaker: {
    state: status.breaker.kind,
    failures: status.breaker.failures,
    retry_in_ms: status.breaker.retryInMs === undefined ? null : Math.round(status.breaker.retryInMs),
  },
  held_until: time(status.heldUntil),
  held_reason: status.heldReason ?? null,
  next_call_at: time(status.nextCallAt),
  every_ms: Math.round(status.everyMs),
  calls_left: status.callsLeft ?? null,
  last_outcome: status.lastOutcome ?? null,
  last_message: status.lastMessage ?? null,
  last_success_at: time(status.lastSuccessAt),
  consecutive_failures: status.consecutiveFailures,
  disputed: status.disputed,
  latency_ms: status.latencyMs ?? null,
  figures: status.figures.map(({ pair, rate, asOf }) => ({ pair, rate, as_of: new Date(asOf).toISOString() })),
});
