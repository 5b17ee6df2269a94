/** Several nodes, one figure: who says the same, who dissents, who did not answer. Pure. */
import type { Sighting } from './chain.ts';

/** What one node said, or why it said nothing. */
export type Voice =
  | { readonly node: string; readonly kind: 'said'; readonly sighting: Sighting }
  | { readonly node: string; readonly kind: 'silent'; readonly code: string; readonly reason: string };

export type Said = Extract<Voice, { readonly kind: 'said' }>;

export interface Agreement {
  readonly agreed: readonly Said[];
  readonly others: readonly Voice[];
}

/**
 * @param key what has to be the same: the balances, and where a block can be pinned, its hash
 * @param quorum more than half of the nodes, so that there is one such group at the most
 */
export function agreementOf(
  voices: readonly Voice[],
  key: (sighting: Sighting) => string,
  quorum: number,
): Agreement | undefined {
  const groups = Map.groupBy(
    voices.filter((voice): voice is Said => voice.kind === 'said'),
    ({ sighting }) => key(sighting),
  );
  const agreed = [...groups.values()].find((group) => group.length >= quorum);
  return agreed && { agreed, others: voices.filter((voice) => !agreed.some((each) => each === voice)) };
}

export const balancesKey = ({ balances }: Sighting): string => balances.join(',');
export const blockKey = (sighting: Sighting): string => `${sighting.block.hash}:${balancesKey(sighting)}`;

/** For a reason, or for the evidence beside a figure that the others agreed on. */
export function describe(voice: Voice, show: (sighting: Sighting) => string): string {
  return voice.kind === 'silent' ? `${voice.node} ${voice.reason}` : `${voice.node} says ${show(voice.sighting)}`;
}
