/** Validity is part of success: what a source answered counts only if it can be true. */
import { pairName, type Rate } from '../../../kernel/rate.ts';
import { asOfAt, type Band, implausibility } from '../rules.ts';
import { SourceFailure } from './classes.ts';
import type { Reading } from './source.ts';

export type Bands = { readonly [pair: string]: Band };

/**
 * A pair that the graph does not have is no rate of its own, and has no band: what is made of it has.
 * @throws SourceFailure (implausible): outside its band
 */
export function assertInBand(rate: Rate, bands: Bands): void {
  const band = bands[pairName(rate.pair)];
  const reason = band === undefined ? undefined : implausibility(rate, band);
  if (reason !== undefined) throw new SourceFailure('implausible', reason);
}

/**
 * @param receivedAt epoch milliseconds
 * @throws SourceFailure (implausible): a figure out of its band, or a feed that stands still
 */
export function assertValid(reading: Reading, receivedAt: number, bands: Bands, maxLagMs: number): void {
  for (const observation of reading.observations) {
    assertInBand(observation.rate, bands);
    const lagMs = receivedAt - asOfAt(observation, receivedAt);
    if (lagMs > maxLagMs) {
      const lag = Math.round(lagMs / 60_000);
      const limit = Math.round(maxLagMs / 60_000);
      throw new SourceFailure(
        'implausible',
        `${pairName(observation.rate.pair)} has not moved on for ${lag} minutes (limit ${limit}): the feed is frozen`,
      );
    }
  }
}
