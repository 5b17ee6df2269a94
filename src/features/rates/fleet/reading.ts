/** A reading as it is kept and shared: what a source said, in the fleet's time. */
import { z } from 'zod';
import { formatRate, type Pair, pairName, parsePair, parseRate, type Rate, samePair } from '../../../kernel/rate.ts';
import type { InputReading } from '../consensus/inputs.ts';
import { bpsBetween } from '../rules.ts';
import type { Reading } from '../sources/source.ts';

/** A figure that was. */
export interface Past {
  readonly at: number;
  readonly rate: Rate;
}

export interface HeldFigure {
  readonly pair: Pair;
  readonly rate: Rate;
  readonly basis: string;
  /** Fleet time at which the source made it. */
  readonly publishedAt: number;
  /** Fleet time until which it stands as the source's current figure. */
  readonly standsUntil: number;
  /** Fleet time since which the source has said exactly this. */
  readonly sameSince: number;
  /** Earlier figures, oldest first. */
  readonly past: readonly Past[];
}

export interface HeldReading {
  /** Fleet time of the receipt. */
  readonly at: number;
  readonly figures: readonly HeldFigure[];
}

/** Past figures are kept this far apart, and this many: some two hours of a source's way. */
const PAST_STEP_MS = 8 * 60_000;
const PAST_KEPT = 15;
/** A figure must stand still for at least this before that means anything. */
const STILL_MS = 10 * 60_000;

/**
 * @param receivedAt epoch milliseconds by the wall clock of whoever received it
 * @param at the same instant, fleet time
 */
export function held(reading: Reading, receivedAt: number, at: number, before: HeldReading | undefined): HeldReading {
  return {
    at,
    figures: reading.observations.map(({ pair, rate, basis, publishedAt, currentUntil }): HeldFigure => {
      const earlier = before?.figures.find((each) => samePair(each.pair, pair));
      const same = earlier !== undefined && bpsBetween(earlier.rate, rate) === 0;
      return {
        ...{ pair, rate, basis },
        publishedAt: at + publishedAt - receivedAt,
        standsUntil: at + currentUntil - receivedAt,
        sameSince: same ? earlier.sameSince : at,
        past: earlier === undefined ? [] : pastOf(earlier, before?.at ?? at),
      };
    }),
  };
}

function pastOf({ past, rate }: HeldFigure, at: number): readonly Past[] {
  const newest = past.at(-1);
  if (newest !== undefined && at - newest.at < PAST_STEP_MS) return past;
  return [...past, { at, rate }].slice(-PAST_KEPT);
}

/** As an evaluation takes it. @param all the readings of every source, to see what the others did meanwhile */
export function inputOf(
  source: string,
  reading: HeldReading,
  now: number,
  all: ReadonlyMap<string, HeldReading>,
): InputReading {
  return {
    source,
    heldMs: whole(now - reading.at),
    observations: reading.figures.map(({ pair, rate, basis, publishedAt, standsUntil, sameSince }) => ({
      ...{ pair, rate, basis },
      publishedAgoMs: whole(now - publishedAt),
      ageMs: whole(now - standsUntil),
      missedBps: now - sameSince < STILL_MS ? 0 : missed(source, pair, sameSince, all),
    })),
  };
}

/**
 * How far the others' figures of the pair have moved since then: the lower median of two at least, so
 * that no single source can make another one look frozen.
 */
function missed(source: string, pair: Pair, since: number, all: ReadonlyMap<string, HeldReading>): number {
  const moves = [...all]
    .filter(([name]) => name !== source)
    .flatMap(([, { figures }]) => figures.filter((figure) => samePair(figure.pair, pair)))
    .map(({ rate, past }) => {
      const then = past.findLast((each) => each.at <= since) ?? past[0];
      return then === undefined ? 0 : bpsBetween(rate, then.rate);
    })
    .sort((a, b) => a - b);
  return moves.length < 2 ? 0 : (moves[Math.ceil(moves.length / 2) - 1] ?? 0);
}

/** Ages are whole milliseconds, rounded up. */
const whole = (ms: number): number => Math.max(0, Math.ceil(ms));

const TIME = z.number().nonnegative();
const PAIR = z.string().transform((text) => parsePair(text));
const FIGURE = z
  .strictObject({
    pair: PAIR,
    rate: z.string(),
    basis: z.string().regex(/^[a-z0-9_]{1,60}$/),
    published_at: z.number(),
    stands_until: z.number(),
    same_since: TIME,
    past: z.array(z.tuple([TIME, z.string()])).max(PAST_KEPT),
  })
  .transform(
    ({ pair, rate, basis, published_at, stands_until, same_since, past }): HeldFigure => ({
      ...{ pair, basis },
      rate: parseRate(pair, rate),
      publishedAt: published_at,
      standsUntil: stands_until,
      sameSince: same_since,
      past: past.map(([at, then]) => ({ at, rate: parseRate(pair, then) })),
    }),
  );

/** What others wrote is believed no more than a provider's answer. */
export const READING = z.strictObject({ at: TIME, figures: z.array(FIGURE).max(9) });

export const readingToJson = ({ at, figures }: HeldReading) => ({
  at,
  figures: figures.map((each) => ({
    pair: pairName(each.pair),
    rate: formatRate(each.rate),
    basis: each.basis,
    published_at: each.publishedAt,
    stands_until: each.standsUntil,
    same_since: each.sameSince,
    past: each.past.map(({ at: then, rate }): [number, string] => [then, formatRate(rate)]),
  })),
});
