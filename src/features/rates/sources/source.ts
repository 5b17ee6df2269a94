/** What a provider is to us: one request, and a pure reading of whatever comes back. */
import type { Decimal } from '../../../kernel/decimal.ts';
import { type Pair, pair, pairName, type Rate, rate } from '../../../kernel/rate.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { SourceFailure } from '../classes.ts';
import type { SourceName } from '../quote.ts';
import type { Stamp } from '../rules.ts';

export const USDT_VND = pair('USDT', 'VND');
export const USDT_USD = pair('USDT', 'USD');
export const USD_VND = pair('USD', 'VND');

export interface Observation extends Stamp {
  readonly pair: Pair;
  readonly rate: Rate;
  /** `spot_aggregate`, `spot_conversion`, `book_mid`, `fx_mid`. */
  readonly basis: string;
}

/** What one answer of a source says. */
export interface Reading {
  readonly observations: readonly Observation[];
  /** For the log: what is odd about the answer without spoiling it. */
  readonly warnings: readonly string[];
}

export interface Source {
  readonly name: SourceName;
  /** For people: what it is used for. */
  readonly role: string;
  /** `live`: its figures move all day; `daily`: one figure a day. */
  readonly cadence: 'live' | 'daily';
  /** Why it is never called, or undefined. */
  readonly disabled: string | undefined;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /**
   * @param receivedAt epoch milliseconds
   * @throws SourceFailure, and nothing else
   */
  parse(response: HttpResponse, receivedAt: number): Reading;
}

/** A rate is above zero. @throws SourceFailure (implausible) */
export function positiveRate(p: Pair, value: Decimal): Rate {
  if (value.units <= 0n) throw new SourceFailure('implausible', `${pairName(p)} is zero or below`);
  return rate(p, value);
}
