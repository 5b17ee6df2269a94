/**
 * What one evaluation is made of: the readings of the sources, and what is remembered of each pair.
 * Every time in here is an age at the instant of the evaluation, so that clocks of different machines
 * never meet in one subtraction, and the same inputs come to the same rate on any day.
 */
import { z } from 'zod';
import type { Json } from '../../../kernel/canonical.ts';
import { formatRate, type Pair, pairName, parsePair, parseRate, type Rate } from '../../../kernel/rate.ts';

export interface InputObservation {
  readonly pair: Pair;
  readonly rate: Rate;
  readonly basis: string;
  /** Milliseconds since the source made it. */
  readonly publishedAgoMs: number;
  /** Milliseconds since it was last known to be the source's current figure; 0 while a daily one stands. */
  readonly ageMs: number;
  /** How far the other sources' figures have moved since this one last did, basis points. */
  readonly missedBps: number;
}

export interface InputReading {
  readonly source: string;
  /** Milliseconds since it was received. */
  readonly heldMs: number;
  readonly observations: readonly InputObservation[];
}

/** A source that has no say, and why. */
export interface Absence {
  readonly source: string;
  readonly why: string;
}

/** A figure that went into a rate. */
export interface Figure {
  readonly source: string;
  readonly route: string;
  readonly pair: Pair;
  readonly rate: Rate;
  readonly publishedAgoMs: number;
  readonly ageMs: number;
}

/** The last rate of a pair that witnesses or memory agreed on. */
export interface LastGood {
  readonly mid: Rate;
  readonly ageMs: number;
  readonly basis: string;
  readonly figures: readonly Figure[];
  /** False: it was a lone witness's, with nothing to compare it to. */
  readonly trusted: boolean;
  /** Milliseconds for which what is not trusted has stood. */
  readonly stoodMs: number;
  /** The last that more than one witness agreed on: a lone one that moves away by small steps has nobody behind it. */
  readonly anchor: Rate;
}

/** A route that contradicts, and for how long it has said so. */
export interface Dissent {
  readonly route: string;
  readonly rate: Rate;
  readonly forMs: number;
}

export interface Memory {
  readonly lastGood: LastGood | undefined;
  readonly dissents: readonly Dissent[];
}

export const NOTHING: Memory = { lastGood: undefined, dissents: [] };

export interface Inputs {
  readonly readings: readonly InputReading[];
  readonly absences: readonly Absence[];
  /** By pair name. */
  readonly memories: { readonly [pair: string]: Memory };
}

const MS = z.int().nonnegative();
/** A pair and its rate, wherever they stand together. */
const rated = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject({ pair: z.string().transform((text) => parsePair(text)), rate: z.string(), ...shape });

const OBSERVATION = rated({ basis: z.string(), published_ago_ms: MS, age_ms: MS, missed_bps: z.int() });
const READING = z.strictObject({ source: z.string(), held_ms: MS, observations: z.array(OBSERVATION) });
export const FIGURE = rated({ source: z.string(), route: z.string(), published_ago_ms: MS, age_ms: MS });
const MEMORY = z.strictObject({
  last_good: z
    .strictObject({
      mid: z.string(),
      age_ms: MS,
      basis: z.string(),
      figures: z.array(FIGURE),
      trusted: z.boolean(),
      stood_ms: MS,
      anchor: z.string(),
    })
    .nullable(),
  dissents: z.array(z.strictObject({ route: z.string(), rate: z.string(), for_ms: MS })),
});
export const INPUTS = z.strictObject({
  readings: z.array(READING),
  absences: z.array(z.strictObject({ source: z.string(), why: z.string() })),
  memories: z.record(z.string(), MEMORY),
});

export const figureToJson = (figure: Figure) => ({
  source: figure.source,
  route: figure.route,
  pair: pairName(figure.pair),
  rate: formatRate(figure.rate),
  published_ago_ms: figure.publishedAgoMs,
  age_ms: figure.ageMs,
});

export const figureFromJson = (each: z.output<typeof FIGURE>): Figure => ({
  source: each.source,
  route: each.route,
  pair: each.pair,
  rate: parseRate(each.pair, each.rate),
  publishedAgoMs: each.published_ago_ms,
  ageMs: each.age_ms,
});

export const inputsToJson = ({ readings, absences, memories }: Inputs): Json => ({
  readings: readings.map(({ source, heldMs, observations }) => ({
    source,
    held_ms: heldMs,
    observations: observations.map((each) => ({
      pair: pairName(each.pair),
      rate: formatRate(each.rate),
      basis: each.basis,
      published_ago_ms: each.publishedAgoMs,
      age_ms: each.ageMs,
      missed_bps: each.missedBps,
    })),
  })),
  absences: absences.map(({ source, why }) => ({ source, why })),
  memories: Object.fromEntries(Object.entries(memories).map(([name, memory]) => [name, memoryToJson(memory)])),
});

const memoryToJson = ({ lastGood, dissents }: Memory): Json => ({
  last_good:
    lastGood === undefined
      ? null
      : {
          mid: formatRate(lastGood.mid),
          age_ms: lastGood.ageMs,
          basis: lastGood.basis,
          figures: lastGood.figures.map(figureToJson),
          trusted: lastGood.trusted,
          stood_ms: lastGood.stoodMs,
          anchor: formatRate(lastGood.anchor),
        },
  dissents: dissents.map(({ route, rate, forMs }) => ({ route, rate: formatRate(rate), for_ms: forMs })),
});

/** @throws PlumblineError where a rate is none */
export const inputsFromJson = ({ readings, absences, memories }: z.output<typeof INPUTS>): Inputs => ({
  readings: readings.map(({ source, held_ms, observations }) => ({
    source,
    heldMs: held_ms,
    observations: observations.map((each) => ({
      pair: each.pair,
      rate: parseRate(each.pair, each.rate),
      basis: each.basis,
      publishedAgoMs: each.published_ago_ms,
      ageMs: each.age_ms,
      missedBps: each.missed_bps,
    })),
  })),
  absences,
  memories: Object.fromEntries(Object.entries(memories).map(([name, memory]) => [name, memoryFromJson(name, memory)])),
});

function memoryFromJson(name: string, { last_good, dissents }: z.output<typeof MEMORY>): Memory {
  const pair = parsePair(name);
  return {
    lastGood:
      last_good === null
        ? undefined
        : {
            mid: parseRate(pair, last_good.mid),
            ageMs: last_good.age_ms,
            basis: last_good.basis,
            figures: last_good.figures.map(figureFromJson),
            trusted: last_good.trusted,
            stoodMs: last_good.stood_ms,
            anchor: parseRate(pair, last_good.anchor),
          },
    dissents: dissents.map(({ route, rate, for_ms }) => ({ route, rate: parseRate(pair, rate), forMs: for_ms })),
  };
}
