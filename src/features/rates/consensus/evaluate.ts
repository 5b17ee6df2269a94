/**
 * One evaluation: every pair of the policy, legs first, from one set of inputs. Pure: the same inputs
 * under the same policy come to the same rates, on any machine and on any day.
 */
import { pairName } from '../../../kernel/rate.ts';
import { bpsBetween } from '../rules.ts';
import type { Agreed, Opinion } from './agreement.ts';
import { type Candidate, candidatesOf, type RouteSays, sayOf } from './candidates.ts';
import { type Consensus, consensus } from './consensus.ts';
import { type Inputs, NOTHING } from './inputs.ts';
import type { PairPolicy, Policy } from './policy.ts';

export type Evaluation = ReadonlyMap<string, Consensus>;

/** @param only the pair that is wanted: it and its legs are evaluated; every pair unless told */
export function evaluate(policy: Policy, inputs: Inputs, only?: string): Evaluation {
  const results = new Map<string, Consensus>();
  const agreed = new Map<string, Agreed>();
  for (const pair of policy.pairs) {
    const name = pairName(pair.pair);
    const result = evaluatePair(pair, inputs, agreed, policy);
    results.set(name, result);
    if (result.agreed !== undefined) agreed.set(name, result.agreed);
    if (name === only) break; // its legs stand before it
  }
  return results;
}

function evaluatePair(pair: PairPolicy, inputs: Inputs, legs: ReadonlyMap<string, Agreed>, policy: Policy): Consensus {
  const says = candidatesOf(pair, inputs, legs, policy);
  const candidates = says.map(candidateOf).filter((each) => each !== undefined);
  const result = consensus(pair, candidates, inputs.memories[pairName(pair.pair)] ?? NOTHING, policy);
  const heard = new Map(result.opinions.map((opinion) => [opinion.route, opinion]));
  const opinions = says.map((say) => (say.kind === 'silent' ? silent(say) : heard.get(say.candidate.route)));
  const references = pair.references.map((route) => reference(sayOf(route, pair, inputs, legs, policy), result.agreed));
  return { ...result, opinions: [...opinions.filter((each) => each !== undefined), ...references] };
}

const candidateOf = (says: RouteSays): Candidate | undefined =>
  says.kind === 'candidate' ? says.candidate : undefined;

const silent = ({ route, rate, why }: Extract<RouteSays, { kind: 'silent' }>): Opinion => ({
  route,
  rate,
  verdict: rate === undefined ? 'silent' : 'rejected',
  why,
});

/** Looked at, and no part of the rate. */
function reference(says: RouteSays, agreed: Agreed | undefined): Opinion {
  if (says.kind === 'silent') return silent(says);
  const { route, rate } = says.candidate;
  const why = agreed === undefined ? undefined : `${bpsBetween(rate, agreed.mid)} basis points from the rate`;
  return { route, rate, verdict: 'reference', why };
}

/** Half the distance of bid and ask while the rate is fresh, basis points. */
export const halfSpreadOf = ({ halfSpreadBps }: PairPolicy, { uncertaintyBps }: Agreed): number =>
  Math.max(halfSpreadBps, uncertaintyBps);
