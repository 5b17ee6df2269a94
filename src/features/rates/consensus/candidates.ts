/** What each route of a pair says now: a candidate for the rate, or the reason why it has no say. */
import { pow10, rescale } from '../../../kernel/decimal.ts';
import { cross, invert, pairName, type Rate, roundRate, samePair } from '../../../kernel/rate.ts';
import { implausibility, RATE_SCALE } from '../rules.ts';
import type { Agreed } from './agreement.ts';
import type { Figure, Inputs } from './inputs.ts';
import type { Leg, PairPolicy, Policy, Route } from './policy.ts';

export interface Candidate {
  readonly route: string;
  readonly rate: Rate;
  /** Of its oldest leg. */
  readonly ageMs: number;
  /** Milliseconds since its own sources were last seen to say so. */
  readonly seenMs: number;
  /** Milliseconds since its own sources last had the chance to say something else. */
  readonly askedMs: number;
  /** What its legs are uncertain by, together, basis points. */
  readonly uncertaintyBps: number;
  /** One of its legs is in dispute itself. */
  readonly disputed: boolean;
  readonly basis: string;
  readonly figures: readonly Figure[];
  /** The sources it asks itself; what stands behind a leg that is a pair has been agreed on before. */
  readonly witnesses: readonly string[];
}

export type RouteSays =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'silent'; readonly route: string; readonly rate: Rate | undefined; readonly why: string };

/** What the legs that are pairs have come to in the same evaluation. */
export type Legs = ReadonlyMap<string, Agreed>;

/** In the order of the routes. A witness that speaks by two routes is heard by the first. */
export function candidatesOf(pair: PairPolicy, inputs: Inputs, legs: Legs, policy: Policy): readonly RouteSays[] {
  const heard = new Set<string>();
  return pair.routes.map((route) => {
    const says = sayOf(route, pair, inputs, legs, policy);
    if (says.kind === 'silent') return says;
    const twice = says.candidate.witnesses.find((each) => heard.has(each));
    if (twice !== undefined) {
      return { kind: 'silent', route: route.name, rate: says.candidate.rate, why: `${twice} has spoken already` };
    }
    for (const each of says.candidate.witnesses) heard.add(each);
    return says;
  });
}

export function sayOf(route: Route, pair: PairPolicy, inputs: Inputs, legs: Legs, policy: Policy): RouteSays {
  const read = route.legs.map((leg) => readLeg(leg, route, pair, inputs, legs, policy));
  const silent = read.find((leg) => leg.kind === 'silent');
  if (silent?.kind === 'silent') return { kind: 'silent', route: route.name, rate: undefined, why: silent.why };
  const said = read.filter((leg) => leg.kind === 'said');
  const [first, ...rest] = said;
  if (first === undefined) return { kind: 'silent', route: route.name, rate: undefined, why: 'the route has no legs' };
  const rate = legible(rest.reduce((product, leg) => cross(product, leg.rate), first.rate));
  const implausible = implausibility(rate, pair.band);
  if (implausible !== undefined) return { kind: 'silent', route: route.name, rate, why: implausible };
  const own = said.filter((leg) => leg.witness !== undefined);
  return {
    kind: 'candidate',
    candidate: {
      route: route.name,
      rate,
      ageMs: Math.max(...said.map((leg) => leg.ageMs)),
      seenMs: Math.max(0, ...own.map((leg) => leg.seenMs)),
      askedMs: Math.max(0, ...own.map((leg) => leg.askedMs)),
      uncertaintyBps: said.reduce((sum, leg) => sum + leg.uncertaintyBps, 0),
      disputed: said.some((leg) => leg.disputed),
      basis: said.map((leg) => leg.basis).join('_x_'),
      figures: said.flatMap((leg) => leg.figures),
      witnesses: own.map((leg) => leg.witness).filter((each) => each !== undefined),
    },
  };
}

type LegSays =
  | { readonly kind: 'silent'; readonly why: string }
  | (Omit<Candidate, 'route' | 'witnesses'> & { readonly kind: 'said'; readonly witness: string | undefined });

function readLeg(leg: Leg, route: Route, pair: PairPolicy, inputs: Inputs, legs: Legs, policy: Policy): LegSays {
  return leg.source === undefined
    ? readPair(leg, route, inputs, legs)
    : readSource(leg.source, leg, route, pair, inputs, policy);
}

function readPair(leg: Leg, route: Route, inputs: Inputs, legs: Legs): LegSays {
  const name = pairName(leg.pair);
  const agreed = legs.get(name);
  // Without a witness of today, what was last known good goes on, with its age.
  const known = agreed ?? inputs.memories[name]?.lastGood;
  if (known === undefined) return { kind: 'silent', why: `no rate of ${name} is known` };
  return {
    kind: 'said',
    rate: turned(known.mid, leg.inverse),
    ageMs: known.ageMs,
    ...{ seenMs: 0, askedMs: 0 },
    uncertaintyBps: agreed?.uncertaintyBps ?? 0,
    disputed: agreed?.agreement === 'contested',
    basis: known.basis,
    figures: known.figures.map((figure) => ({ ...figure, route: route.name })),
    witness: undefined,
  };
}

function readSource(
  source: string,
  leg: Leg,
  route: Route,
  { frozenBps }: PairPolicy,
  inputs: Inputs,
  policy: Policy,
): LegSays {
  const reading = inputs.readings.find((each) => each.source === source);
  const observation = reading?.observations.find((each) => samePair(each.pair, leg.pair));
  if (reading === undefined || observation === undefined) {
    return { kind: 'silent', why: inputs.absences.find((each) => each.source === source)?.why ?? 'nothing was read' };
  }
  const { rate, ageMs, publishedAgoMs, basis, missedBps } = observation;
  const live = policy.live[source] ?? true;
  const usableMs = policy.usableMs[source] ?? 0;
  if (ageMs > usableMs) {
    return { kind: 'silent', why: `its figure is ${seconds(ageMs)} old, and is used for ${seconds(usableMs)}` };
  }
  if (live && missedBps > frozenBps) {
    return { kind: 'silent', why: `it stands still while the others moved ${missedBps} basis points: frozen` };
  }
  return {
    kind: 'said',
    rate: turned(rate, leg.inverse),
    ageMs,
    // A daily figure that still stands was nevertheless made when it was published.
    seenMs: live ? ageMs : publishedAgoMs,
    askedMs: live ? ageMs : reading.heldMs,
    uncertaintyBps: 0,
    disputed: false,
    basis,
    figures: [{ source, route: route.name, pair: leg.pair, rate, publishedAgoMs, ageMs }],
    witness: source,
  };
}

/** Digits of 1 / rate; the product is rounded once, after all arithmetic. */
const INVERSE_SCALE = 24;

const turned = (rate: Rate, inverse: boolean): Rate => (inverse ? invert(rate, INVERSE_SCALE, 'half-even') : rate);

/** Rounded to 8 digits, or to as many as leave a small rate 7 that mean something. */
function legible(rate: Rate): Rate {
  let scale = RATE_SCALE;
  while (scale < INVERSE_SCALE && rescale(rate.value, scale, 'down').units < pow10(6)) scale += 1;
  return roundRate(rate, scale, 'half-even');
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1_000)} s`;
