/** Which block was the last before an instant. */
import type { Block } from './chain.ts';

const FIRST_STEP = 64;

/**
 * Goes back from the head in doubling steps, then halves: some twenty questions for yesterday, and none
 * about blocks that a node which began its life late does not have. Relies on times that never decrease
 * along a chain, which every EVM chain's rules demand.
 * @returns its number; undefined where the head itself is before the instant: the next block may be, too
 */
export async function blockBefore(
  blockAt: (number: number) => Promise<Block>,
  head: Block,
  instantMs: number,
): Promise<number | undefined> {
  if (head.timeMs < instantMs) return undefined;
  let after = head.number; // at the instant or later
  let before = Math.max(0, after - FIRST_STEP);
  for (let step = FIRST_STEP; (await blockAt(before)).timeMs >= instantMs; before = Math.max(0, after - step)) {
    if (before === 0) return -1;
    after = before;
    step *= 2;
  }
  while (after - before > 1) {
    const middle = Math.floor((after + before) / 2);
    if ((await blockAt(middle)).timeMs >= instantMs) after = middle;
    else before = middle;
  }
  return before;
}
