/** What a soak is: many seeded runs, each of which must break no rule. */
export interface SoakOptions {
  /** How many runs. */
  readonly seeds: number;
  /** The seed of the first; the others follow. */
  readonly firstSeed: number;
}

export interface SoakResult {
  readonly runs: number;
  /** Each names its seed, which replays it. */
  readonly violations: readonly string[];
}

export type Soak = (options: SoakOptions) => Promise<SoakResult>;
