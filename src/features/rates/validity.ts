/** Validity is part of success: what a source answered counts only if it can be true. */
import { pairName, type Rate } from '../../kernel/rate.ts';
import { SourceFailure } from './classes.ts';
import { asOfAt, type Band, implausibility } from './rules.ts';
import type { Reading } from './sources/source.ts';

export type Bands = { readonly [pair: string]: Band };

/** @throws SourceFailure (implausible): outside its band, or of a pair that has none */
export function assertInBand(rate: Rate, bands: Bands): void {
  const name = pairName(rate.pair);
  const band = bands[name];
  const reason = band === undefined ? `no band is configured for ${name}` : implausibility(rate, band);
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
