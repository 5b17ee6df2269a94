/** How a source is doing, for operators. */

import { formatRate, pairName } from '../../../kernel/rate.ts';
import type { BreakerKind } from '../../../platform/breaker/breaker-state.ts';
import { waitOf } from '../../../platform/breaker/breaker-state.ts';
import { callsLeft } from '../fleet/pace.ts';
import type { FailureClass } from '../sources/classes.ts';
import type { SourceRunner } from './source-runner.ts';

export interface ProviderStatus {
  readonly name: string;
  /** For people. */
  readonly role: string;
  /** The routes that use it, in their order: `USDT/VND by coingecko`. */
  readonly routes: readonly string[];
  readonly enabled: boolean;
  readonly disabledReason: string | undefined;
  readonly breaker: {
    readonly kind: BreakerKind;
    /** In a row, while closed. */
    readonly failures: number;
    /** Milliseconds until a call may be permitted; undefined while forced open. */
    readonly retryInMs: number | undefined;
  };
  /** Epoch milliseconds until which it is left alone: it said so, or refused us. */
  readonly heldUntil: number | undefined;
  readonly heldReason: string | undefined;
  /** Epoch milliseconds at which it is asked next, as far as is known now. */
  readonly nextCallAt: number | undefined;
  readonly lastOutcome: 'ok' | FailureClass | undefined;
  readonly lastMessage: string | undefined;
  /** Epoch milliseconds. */
  readonly lastSuccessAt: number | undefined;
  /** Attempts that failed since the last one that did not, whatever their class. */
  readonly consecutiveFailures: number;
  /** Readings in a row that the others proved wrong. */
  readonly disputed: number;
  /** Whole milliseconds of the last call. */
  readonly latencyMs: number | undefined;
  /** Calls that its month still includes at this point of it; undefined: not counted. */
  readonly callsLeft: number | undefined;
  /** Least milliseconds between two calls. */
  readonly everyMs: number;
  readonly figures: readonly { readonly pair: string; readonly rate: string; readonly asOf: number }[];
}

/**
 * @param now fleet time, epoch milliseconds
 * @param routes the routes that use it
 */
export function statusOf(runner: SourceRunner, now: number, routes: readonly string[]): ProviderStatus {
  const { definition, disabled, rules } = runner.source;
  const state = runner.state();
  const { breaker, hold, last, reading } = state;
  const held = hold !== undefined && hold.until > now ? hold : undefined;
  const wait = runner.wait('due');
  const retryInMs = waitOf(breaker, now);
  const next = disabled !== undefined ? undefined : (wait?.until ?? now);
  return {
    name: runner.name,
    role: definition.role,
    routes,
    enabled: disabled === undefined,
    disabledReason: disabled,
    breaker: {
      kind: breaker.kind,
      failures: breaker.kind === 'closed' ? breaker.failures : 0,
      retryInMs: Number.isFinite(retryInMs) ? retryInMs : undefined,
    },
    heldUntil: held?.until,
    heldReason: held?.reason,
    nextCallAt: next !== undefined && Number.isFinite(next) ? next : undefined,
    lastOutcome: last?.outcome,
    lastMessage: last?.message,
    lastSuccessAt: state.lastSuccessAt,
    consecutiveFailures: state.failures,
    disputed: state.disputed,
    latencyMs: last?.ms,
    callsLeft: rules.pace === undefined ? undefined : callsLeft(state.spentUntil, now, rules.pace),
    everyMs: rules.everyMs,
    figures: (reading?.figures ?? []).map(({ pair, rate, standsUntil }) => ({
      pair: pairName(pair),
      rate: formatRate(rate),
      asOf: Math.min(standsUntil, now),
    })),
  };
}
