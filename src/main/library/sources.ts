/** Providers of the user's own: what they have to be, and how they come into the graph. */

import type { PairPolicy } from '../../features/rates/consensus/policy.ts';
import type { Graph } from '../../features/rates/graph.ts';
import { SourceFailure } from '../../features/rates/sources/classes.ts';
import type { SourceDefinition as Definition, Observation, Reading } from '../../features/rates/sources/source.ts';
import { SOURCES } from '../../features/rates/sources/sources.ts';
import { pairName, parsePair, samePair } from '../../kernel/rate.ts';
import type { Faults } from './faults.ts';

/** A provider: `samples`, which the project's own tests read, may be left out. */
export type SourceDefinition = Omit<Definition, 'samples'> & Partial<Pick<Definition, 'samples'>>;

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const BASIS = /^[a-z0-9_]{1,60}$/;
const DAY_MS = 86_400_000;
const MOST_OBSERVATIONS = 9;
const NO_SAMPLES = { receivedAt: 0, good: [], bad: [] };

export function checkDefinitions(definitions: readonly SourceDefinition[], faults: Faults): void {
  if (!Array.isArray(definitions) || definitions.some((each) => typeof each !== 'object' || each === null)) {
    faults.add('/definitions', 'is not a list of source definitions');
    return;
  }
  for (const [index, each] of definitions.entries()) checkDefinition(each, `/definitions/${index}`, faults);
  const names = [...SOURCES, ...definitions].map(({ name }) => name);
  for (const [index, { name }] of definitions.entries()) {
    if (names.indexOf(name) === SOURCES.length + index) continue;
    faults.add(`/definitions/${index}/name`, `"${name}" is taken by another source; give this one a name of its own`);
  }
}

function checkDefinition(own: SourceDefinition, at: string, faults: Faults): void {
  const { name, role, url, pairs, cadence, everyMs, monthlyCalls, request, parse } = own;
  if (typeof name !== 'string' || !NAME.test(name)) {
    faults.add(`${at}/name`, 'is not a name; write lower case letters, digits and dashes, for example "my-desk"');
  }
  if (typeof role !== 'string') faults.add(`${at}/role`, 'is missing; say in a few words what the source is used for');
  faults.url(`${at}/url`, url ?? '', ['https:', 'http:']);
  if (!Array.isArray(pairs) || pairs.length === 0) {
    faults.add(`${at}/pairs`, 'is no list of pairs; name at least one, for example [parsePair("USDT/VND")]');
  } else {
    for (const [index, each] of pairs.entries()) {
      try {
        parsePair(pairName(each));
      } catch {
        faults.add(`${at}/pairs/${index}`, 'is not a pair; write parsePair("USDT/VND")');
      }
    }
  }
  if (cadence?.kind !== 'live' && cadence?.kind !== 'daily') {
    faults.add(`${at}/cadence/kind`, 'is neither "live" nor "daily"');
  }
  const milliseconds = { unit: 'milliseconds', min: 1_000, max: 30 * DAY_MS };
  faults.ranges(`${at}/cadence/maxLagMs`, cadence?.maxLagMs ?? 0, milliseconds);
  faults.ranges(`${at}/everyMs`, everyMs ?? 0, { ...milliseconds, max: DAY_MS });
  faults.ranges(`${at}/monthlyCalls`, monthlyCalls, { unit: 'calls', min: 1, max: 1_000_000_000 });
  if (typeof request !== 'function') faults.add(`${at}/request`, 'is no function (access, now) => request');
  if (typeof parse !== 'function') faults.add(`${at}/parse`, 'is no function (response, receivedAt) => reading');
}

/** As the service uses it. What it reads is believed no more than what a provider sends. */
export const guarded = (own: SourceDefinition): Definition => ({
  // Member by member: they may be those of a class.
  name: own.name,
  role: own.role,
  url: own.url,
  pairs: own.pairs,
  cadence: own.cadence,
  everyMs: own.everyMs,
  ...(own.monthlyCalls === undefined ? {} : { monthlyCalls: own.monthlyCalls }),
  ...(own.needsKey === undefined ? {} : { needsKey: own.needsKey }),
  request: (access, now) => own.request(access, now),
  parse: (response, receivedAt) => {
    const { observations, warnings } = own.parse(response, receivedAt);
    return checked({ observations, warnings: warnings ?? [] }, own);
  },
  samples: own.samples ?? NO_SAMPLES,
});

function checked(reading: Reading, own: SourceDefinition): Reading {
  const { observations } = reading;
  if (!Array.isArray(observations) || observations.length === 0 || observations.length > MOST_OBSERVATIONS) {
    throw new SourceFailure('bad-payload', `a reading has 1 to ${MOST_OBSERVATIONS} observations`);
  }
  for (const each of observations) assertSound(each, own);
  return reading;
}

function assertSound({ pair, rate, basis, publishedAt, currentUntil }: Observation, own: SourceDefinition): void {
  const name = pairName(pair);
  const wrong =
    (own.pairs.some((each) => samePair(each, pair)) ? undefined : 'is not among the pairs of the definition') ??
    (samePair(rate.pair, pair) ? undefined : `has the rate of another pair, ${pairName(rate.pair)}`) ??
    (BASIS.test(basis) ? undefined : 'needs a basis of lower case letters, digits and _, for example "desk_price"') ??
    (isTime(publishedAt) && isTime(currentUntil) ? undefined : 'needs its times as epoch milliseconds: see liveStamp');
  if (wrong !== undefined) throw new SourceFailure('bad-payload', `the observation of ${name} ${wrong}`);
}

const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/**
 * The graph with sources that it does not name: each is a further route of every pair that it observes.
 */
export function joined(graph: Graph, definitions: readonly Definition[], faults: Faults): Graph {
  for (const [index, { name, pairs }] of definitions.entries()) {
    if (pairs.some((own) => graph.pairs.some(({ pair }) => samePair(pair, own)))) continue;
    const there = graph.pairs.map(({ pair }) => pairName(pair)).join(', ');
    faults.add(
      `/definitions/${index}/pairs`,
      `${name} has none of the reference graph's pairs (${there}); give a graph that uses what it has`,
    );
  }
  return {
    ...graph,
    sources: [
      ...graph.sources,
      ...definitions.map((definition) => ({
        definition,
        enabled: true,
        everyMs: definition.everyMs,
        monthlyCalls: definition.monthlyCalls,
        ...{ url: undefined, apiKey: undefined },
      })),
    ],
    pairs: graph.pairs.map((policy) => withRoutes(policy, definitions)),
  };
}

const withRoutes = (policy: PairPolicy, definitions: readonly Definition[]): PairPolicy => ({
  ...policy,
  routes: [
    ...policy.routes,
    ...definitions
      .filter(({ pairs }) => pairs.some((each) => samePair(each, policy.pair)))
      .map(({ name }) => ({ name, legs: [{ source: name, pair: policy.pair, inverse: false }] })),
  ],
});
