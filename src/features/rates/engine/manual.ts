/** An operator's own rate: served as `manual` until it expires, or the market is too far from it. Pure. */
import { type Fault, PlumblineError } from '../../../kernel/errors.ts';
import { formatRate, pairName, type Rate } from '../../../kernel/rate.ts';
import type { PairPolicy } from '../consensus/policy.ts';
import type { ManualRate, PairState } from '../fleet/pair-state.ts';
import { bpsBetween, implausibility } from '../rules.ts';

/** Longest life of a manual rate, milliseconds. */
export const LONGEST_MANUAL_MS = 7 * 86_400_000;

export interface ManualRequest {
  readonly mid: Rate;
  readonly reason: string;
  readonly maxDeviationBps: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The manual rate that holds now, or undefined. */
export const manualOf = ({ manual }: PairState, now: number): ManualRate | undefined =>
  manual !== undefined && now < manual.expiresAt ? manual : undefined;

/** Why the manual rate has ended, or undefined. */
export function endOfManual({ manual, published }: PairState, now: number): string | undefined {
  if (manual === undefined) return undefined;
  if (now >= manual.expiresAt) return 'it has expired';
  if (published === undefined || published.agreement === 'contested' || published.at <= manual.published.at) {
    return undefined;
  }
  const bps = bpsBetween(published.mid, manual.published.mid);
  if (bps <= manual.maxDeviationBps) return undefined;
  return `the market is ${bps} basis points away, at ${formatRate(published.mid)}; ${manual.maxDeviationBps} were allowed`;
}

/**
 * @param now epoch milliseconds
 * @param market the rate that would be served otherwise, where one is known and in no dispute
 * @throws `rates.manual_refused` (invalid) with every fault
 */
export function assertManual(request: ManualRequest, pair: PairPolicy, market: Rate | undefined, now: number): void {
  const faults: Fault[] = [];
  const implausible = implausibility(request.mid, pair.band);
  if (implausible !== undefined) faults.push({ pointer: '/rate', message: implausible });
  if (request.expiresAt <= now) {
    faults.push({ pointer: '/expires_at', message: 'lies in the past; a manual rate ends by itself, so say when' });
  } else if (request.expiresAt > now + LONGEST_MANUAL_MS) {
    faults.push({ pointer: '/expires_at', message: 'is more than 7 days ahead; set it again when it has ended' });
  }
  const bps = market === undefined || implausible !== undefined ? 0 : bpsBetween(market, request.mid);
  if (market !== undefined && bps > request.maxDeviationBps) {
    faults.push({
      pointer: '/max_deviation_bps',
      message: `the market is at ${formatRate(market)}, ${bps} basis points away, and ${request.maxDeviationBps} are allowed; correct the rate, or allow more`,
    });
  }
  if (faults.length === 0) return;
  const detail = faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  throw new PlumblineError('invalid', 'rates.manual_refused', `${pairName(pair.pair)}: ${detail}`, { faults });
}
