/** What an evaluation comes to, and what became of each route's word: ./consensus.ts decides. */
import type { Rate } from '../../../kernel/rate.ts';
import type { Figure } from './inputs.ts';

/**
 *   corroborated  at least two routes agree
 *   single        one route, and it agrees with what was known before
 *   unverified    one route, and nothing to compare it to
 *   contested     the witnesses contradict one another, and it is not settled yet who is right
 */
export type Agreement = 'corroborated' | 'single' | 'unverified' | 'contested';

export interface Agreed {
  readonly mid: Rate;
  readonly ageMs: number;
  /** No witness that counts is further away, basis points. */
  readonly uncertaintyBps: number;
  readonly agreement: Agreement;
  readonly basis: string;
  readonly figures: readonly Figure[];
}

/** What became of one route's word. */
export interface Opinion {
  readonly route: string;
  readonly rate: Rate | undefined;
  readonly verdict: 'chosen' | 'supports' | 'rejected' | 'silent' | 'reference';
  readonly why: string | undefined;
}
