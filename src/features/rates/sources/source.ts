/**
 * What a provider is to us, in one file each: which pairs it observes, how often its figures move, how
 * often it may be asked, one request, and a pure reading of whatever comes back, with samples of what
 * it really sends. A new provider is a new file here and its line in ./sources.ts.
 */
import type { Decimal } from '../../../kernel/decimal.ts';
import { type Pair, pair, pairName, type Rate, rate } from '../../../kernel/rate.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import type { Stamp } from '../rules.ts';
import { type FailureClass, SourceFailure } from './classes.ts';

export const USDT_VND = pair('USDT', 'VND');
export const USDT_USD = pair('USDT', 'USD');
export const USD_VND = pair('USD', 'VND');

export interface Observation extends Stamp {
  readonly pair: Pair;
  readonly rate: Rate;
  /** `spot_aggregate`, `spot_conversion`, `book_mid`, `fx_mid`, `bank_mid`, `p2p_bid`. */
  readonly basis: string;
}

/** What one answer of a source says. */
export interface Reading {
  readonly observations: readonly Observation[];
  /** For the log: what is odd about the answer without spoiling it. */
  readonly warnings: readonly string[];
}

/** Where a source is asked, and by whom. */
export interface Access {
  /** Without a trailing slash. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

export interface SourceRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

export interface SourceDefinition {
  /** `coingecko`: lower case letters, digits, dashes. */
  readonly name: string;
  /** For people: what it is used for. */
  readonly role: string;
  /** Its public address. */
  readonly url: string;
  readonly pairs: readonly Pair[];
  /**
   * `live`: its figures move all day, and one whose own time lags more than `maxLagMs` behind its
   * receipt is frozen. `daily`: one figure a day, which stands until the next is due.
   */
  readonly cadence: { readonly kind: 'live' | 'daily'; readonly maxLagMs: number };
  /** Milliseconds between two calls, unless the configuration asks for more: more would tell nothing new. */
  readonly everyMs: number;
  /** Calls a month that its free plan includes; absent: not counted by the month. */
  readonly monthlyCalls?: number;
  /** Why it cannot be asked without a key; absent: it can. */
  readonly needsKey?: string;
  /** @param now epoch milliseconds */
  request(access: Access, now: number): SourceRequest;
  /**
   * @param receivedAt epoch milliseconds
   * @throws SourceFailure, and nothing else
   */
  parse(response: HttpResponse, receivedAt: number): Reading;
  readonly samples: Samples;
}

/** Bodies in the provider's real shapes (facts of its documentation and of recorded calls), for the tests. */
export interface Samples {
  /** Epoch milliseconds at which the good ones were received. */
  readonly receivedAt: number;
  readonly good: readonly GoodSample[];
  readonly bad: readonly BadSample[];
}

export interface GoodSample {
  readonly what: string;
  readonly body: string;
  /** What is to be read from it: pair name to rate. */
  readonly says: { readonly [pair: string]: string };
}

export interface BadSample {
  readonly what: string;
  /** 200 unless told. */
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body: string;
  readonly failure: FailureClass;
  /** Milliseconds for which it asks to be left alone. */
  readonly holdMs?: number;
}

/** A rate is above zero. @throws SourceFailure (implausible) */
export function positiveRate(p: Pair, value: Decimal): Rate {
  if (value.units <= 0n) throw new SourceFailure('implausible', `${pairName(p)} is zero or below`);
  return rate(p, value);
}
