/** What a bench answers with: a figure, and what it is compared with in the same run. */
export interface Measurement {
  /** `breaker-closed-call`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the ratio is taken to: `cockatiel 4.0.0`. */
  readonly reference: string;
  /** Ours over the reference's, in the unit above. */
  readonly ratio: number;
  /** The ratio that was aimed for, with its sense: `<= 1`. */
  readonly bar: string;
  readonly pass: boolean;
}

export type Bench = () => Promise<readonly Measurement[]>;

/** The middle of several runs: a shared machine has slow moments. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}
