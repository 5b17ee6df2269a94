/** What the page and its worker say to each other. */
import type { Earlier, Verdict } from './verify-log.ts';

export interface VerifyRequest {
  readonly vkey: string;
  readonly earlier: Earlier | undefined;
  /** Where tiles are for callers with a key alone. */
  readonly headers: Readonly<Record<string, string>>;
}

export type VerifyMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly size: number; readonly ms: number }
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly ms: number }
  | { readonly kind: 'failed'; readonly message: string };
