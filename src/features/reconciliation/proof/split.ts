/**
 * A balance in several leaves: whoever sees a sibling's sum, or all published leaves, does not see what
 * one merchant is owed. The parts come from the run's secret, so that they can be made again.
 */
import { createHmac, hash } from 'node:crypto';
import type { Amounts } from './format.ts';

const WORD = 2n ** 64n;

/** @returns `parts` amounts that add up to the given ones */
export function splitAmounts(
  amounts: Amounts,
  parts: number,
  runKey: Uint8Array,
  merchant: Uint8Array,
): readonly Amounts[] {
  const seed = createHmac('sha256', runKey).update('pol/v1 split').update(merchant).digest();
  const cutsOf = (name: string, amount: bigint): readonly bigint[] => {
    const inner = Array.from({ length: parts - 1 }, (_, n) => {
      const word = hash('sha256', Buffer.concat([seed, Buffer.from(`${name} ${n}`)]), 'hex').slice(0, 16);
      return (BigInt(`0x${word}`) * (amount + 1n)) / WORD; // 0 to the whole amount
    });
    const cuts = [0n, ...inner.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), amount];
    return cuts.slice(1).map((cut, n) => cut - (cuts[n] ?? 0n));
  };
  const [available, pending, reserved] = [
    cutsOf('available', amounts.available),
    cutsOf('pending', amounts.pending),
    cutsOf('reserved', amounts.reserved),
  ];
  return available.map((each, n) => ({ available: each, pending: pending[n] ?? 0n, reserved: reserved[n] ?? 0n }));
}
