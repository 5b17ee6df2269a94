/** The gateway's book, and what a reconciliation sees of the gateway: built from the model, or read by the book's queries. */
import { type Book, parseBook } from '../../../src/features/reconciliation/book.ts';
import type { Observation } from '../../../src/features/reconciliation/observe.ts';
import type { Item, PinnedQuote, Reading } from '../../../src/features/reconciliation/ports.ts';
import type { BusinessDate } from '../../../src/kernel/business-date.ts';
import { DEFAULT_CURRENCIES, money } from '../../../src/kernel/money.ts';
import { pair, rate as rateOf } from '../../../src/kernel/rate.ts';
import { LONGEST_FLIGHT, RATE_SCALE } from './life.ts';
import {
  type Account,
  currencyOf,
  type Flight,
  PLACES,
  TRANSIT,
  type TransitLine,
  WALLETS,
  type World,
} from './world.ts';

const VND = DEFAULT_CURRENCIES.get('VND');
const ZONE = 'Asia/Ho_Chi_Minh';
/** The tolerance in minor units of VND: 1,000 dong. */
export const TOLERANCE = 1_000_00n;
export const HAIRCUT_BPS = 50n;

const OWED = ['available', 'pending', 'reserved'] as const;
const EXPLAINED: readonly (readonly [Account, '+' | '-'])[] = [
  ['capital', '+'],
  ['fees', '+'],
  ['spread', '+'],
  ['expenses', '-'],
  ['losses', '-'],
];

const said = (account: Account): string =>
  `SELECT coalesce(sum(amount), 0) AS amount FROM entries WHERE account = '${account}' AND at < :cut`;
const really = (place: Account): string =>
  `SELECT coalesce(sum(amount), 0) AS amount FROM movements WHERE place = '${place}' AND at < :cut`;
const underWay = (line: string): string =>
  `SELECT id, amount, since FROM flights WHERE line = '${line}' AND since < :cut AND (until IS NULL OR until >= :cut)`;

/** The reference book's formula and truth, over the gateway's tables. */
export const BOOK_TEXT = JSON.stringify({
  ...{
    book: 'gateway',
    version: 1,
    currency: 'VND',
    zone: ZONE,
    tolerance: '1000.00',
    haircut_bps: Number(HAIRCUT_BPS),
  },
  assets: [
    ...[...WALLETS, 'vnd_pool' as const].map((id) => ({ id, title: id, currency: currencyOf(id), sql: really(id) })),
    ...(['fees', 'spread'] as const).map((id) => ({ id, title: id, currency: 'VND', sql: said(id) })),
    { id: 'expenses', title: 'expenses', currency: 'VND', sign: '-', sql: said('expenses') },
  ],
  liabilities: OWED.map((id) => ({ id, title: id, currency: 'VND', sql: said(id) })),
  observed: PLACES.map((id) => ({ id, title: id, currency: currencyOf(id), sql: really(id), ledger: said(id) })),
  in_transit: Object.entries(TRANSIT).map(([id, { side, of, currency }]) => ({
    ...{ id, title: id, side, of, currency, sql: underWay(id) },
    grace_minutes: (LONGEST_FLIGHT / 60_000) * 1.2,
  })),
  explained_by: [
    ...EXPLAINED.map(([id, sign]) => ({ id, title: id, sign, sql: said(id) })),
    { id: 'revaluation', title: 'revaluation', revalues: 'USDT', cost: said('inventory') },
  ],
});

export const BOOK: Book = parseBook(BOOK_TEXT, 'gateway');

/** @param mid 10^-6 VND for one USDT; what it can be sold at is 0.1 % less, what it costs 0.1 % more */
export function quoteAt(mid: bigint, at: number): PinnedQuote {
  const of = pair('USDT', 'VND');
  const rate = (perMille: bigint) => rateOf(of, { units: mid * perMille, scale: RATE_SCALE + 3 });
  return {
    ...{ quoteId: `quote-${at}`, pair: of, bid: rate(999n), mid: rate(1_000n), ask: rate(1_001n) },
    ...{ asOf: at, ageMs: 0, level: 'fresh', basis: 'simulated', sources: [] },
  };
}

/** What the queries would answer of the world as it stands at the end of the date. */
export function observationOf(world: World, quote: PinnedQuote, businessDate: BusinessDate): Observation {
  const read = (id: string, currency: string, minor: bigint): readonly [string, Reading] => [
    id,
    { kind: 'read', amount: money(DEFAULT_CURRENCIES.get(currency), minor), evidence: {}, at: 'cut' },
  ];
  const dong = (account: Account) => read(account, 'VND', world.balance(account));
  const places = PLACES.map((place) => read(place, currencyOf(place), world.really(place)));
  return {
    ...{ businessDate, observedAt: world.now, snapshot: 'model', database: 'model' },
    asOf: { basis: 'cut', instant: world.now, notAtCut: [] },
    lines: new Map([...places, ...OWED.map(dong), dong('fees'), dong('spread'), dong('expenses')]),
    observed: new Map(places),
    ledger: new Map(PLACES.map((place) => read(place, currencyOf(place), world.balance(place)))),
    inTransit: new Map(
      (Object.keys(TRANSIT) as TransitLine[]).map((line) => [
        line,
        {
          kind: 'items',
          items: [...world.flights.values()]
            .filter((each) => each.line === line)
            .sort(inOrder)
            .map(itemOf),
        },
      ]),
    ),
    explainedBy: new Map([
      ...EXPLAINED.map(([account]) => dong(account)),
      ['revaluation', dong('inventory')[1]] as const,
    ]),
    quotes: new Map([['USDT', { kind: 'quote', quote }]]),
  };
}

/** As the store sorts the items of a line. */
const inOrder = (a: Flight, b: Flight): number => a.since - b.since || (a.id < b.id ? -1 : 1);

const itemOf = ({ id, line, amount, since }: Flight): Item => ({
  ...{ id, since },
  amount: money(TRANSIT[line].currency === 'VND' ? VND : DEFAULT_CURRENCIES.get('USDT'), amount),
});

/** What surely covers what is owed, in plain integers and from the world alone: the oracle of `solvent`. */
export function surelyLeft(world: World, mid: bigint): bigint {
  const scale = 10n ** 16n * 10n ** BigInt(RATE_SCALE) * 1_000n * 10_000n;
  const low = (usdt: bigint): bigint => (usdt * mid * 999n * (10_000n - HAIRCUT_BPS)) / scale;
  const unit = 10n ** 16n * 10n ** BigInt(RATE_SCALE);
  const inDong = (usdt: bigint): bigint => (usdt * mid + unit - 1n) / unit; // what is owed rounds up
  const held = PLACES.reduce(
    (sum, place) => sum + (currencyOf(place) === 'VND' ? world.really(place) : low(world.really(place))),
    0n,
  );
  const owed = OWED.reduce((sum, account) => sum + world.balance(account), 0n);
  const transit = [...world.flights.values()].reduce((sum, { line, amount }) => {
    const value = TRANSIT[line].currency === 'VND' ? amount : inDong(amount);
    return sum + (TRANSIT[line].side === 'asset' ? value : -value);
  }, 0n);
  return held - owed + transit;
}
