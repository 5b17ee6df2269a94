/**
 * A small platform, honest or robbed, and everything that a source of its book may say instead of the
 * truth. All amounts stand in the queries themselves, so that a case needs no table.
 *
 *     bank 10,000,000 + desk 5,000,000 + 100 USDT at 26,000 = 17,600,000 VND observed
 *     + 500,000 that the bank has paid and the ledger has not - 200,000 the other way round
 *     - 16,900,000 owed = 1,000,000, which is the capital
 */
import type { RateSource } from '../../src/features/reconciliation/ports.ts';
import { fixedRate } from '../support/reconciliation.ts';

/** `robbed`: 3,000,000 VND have left the bank. */
export type World = 'honest' | 'robbed';

/** What is said of a line, by the name of its source. */
export interface Said {
  readonly other: string;
  readonly owed: string;
  readonly bank: string;
  readonly bankLedger: string;
  readonly wallet: string;
  readonly walletLedger: string;
  readonly atBank: string;
  readonly notDebited: string;
  readonly capital: string;
  readonly cost: string;
  /** Paths of the HTTP double: what the formula asks, and what the truth asks. */
  readonly deskFormula: string;
  readonly desk: string;
}

const vnd = (amount: string): string => `SELECT ${amount}::numeric AS amount, 'VND' AS currency`;
const usdt = (amount: string): string => `SELECT ${amount}::numeric AS amount, 'USDT' AS currency`;
const item = (id: string, amount: string): string => `SELECT '${id}' AS id, ${amount} AS amount, now() AS since`;

export const truthful = (world: World): Said => ({
  ...{ other: vnd('300000'), owed: vnd('16900000'), capital: vnd('1000000') },
  ...{ bank: vnd(world === 'honest' ? '10000000' : '7000000'), bankLedger: vnd('10300000') },
  ...{ wallet: usdt('100'), walletLedger: usdt('100'), cost: vnd('2600000') },
  ...{ atBank: item('p1', '500000::numeric'), notDebited: item('p2', '200000::numeric') },
  ...{ deskFormula: '/honest', desk: '/honest' },
});

/** As the reference book has it, the formula's assets are read where the truth reads them. */
export const bookOf = (said: Said, url: string, name: string): string => {
  const http = (path: string) => ({ url: `${url}${path}`, amount: '/data/balance', currency: '/data/currency' });
  const line = (id: string, more: object) => ({ id, title: id, currency: 'VND', ...more });
  return JSON.stringify({
    ...{ book: name, version: 1, currency: 'VND', zone: 'Asia/Ho_Chi_Minh', tolerance: '1000.00' },
    assets: [
      line('other', { sql: said.other }),
      line('bank', { sql: said.bank }),
      line('wallet', { sql: said.wallet, currency: 'USDT' }),
      line('desk', { http: http(said.deskFormula) }),
    ],
    liabilities: [line('owed', { sql: said.owed })],
    observed: [
      line('bank', { sql: said.bank, ledger: said.bankLedger }),
      line('wallet', { sql: said.wallet, ledger: said.walletLedger, currency: 'USDT' }),
      line('desk', { http: http(said.desk), ledger: vnd('5000000') }),
    ],
    in_transit: [
      line('at_bank', { side: 'asset', of: 'bank', grace_minutes: 60, sql: said.atBank }),
      line('not_debited', { side: 'liability', of: 'bank', grace_minutes: 60, sql: said.notDebited }),
    ],
    explained_by: [
      { id: 'capital', title: 'capital', sql: said.capital },
      { id: 'revaluation', title: 'revaluation', revalues: 'USDT', cost: said.cost },
    ],
  });
};

/** `error`: there is no verdict. Otherwise whether it is solvent, and which breaks it names. */
export type Expected =
  | 'error'
  | { readonly status: string; readonly solvent: boolean; readonly breaks: readonly string[] };

export const EXPECTED: Readonly<Record<World, Expected>> = {
  honest: { status: 'surplus', solvent: true, breaks: [] },
  robbed: { status: 'deficit', solvent: false, breaks: ['native/bank', 'unexplained'] },
};

export interface FaultCase {
  readonly name: string;
  readonly said?: Partial<Said>;
  readonly rates?: RateSource;
  /** Milliseconds; small where the fault is that nothing comes. */
  readonly timeoutMs?: number;
  readonly expected: Readonly<Record<World, Expected>>;
}

const NO_VERDICT = { honest: 'error', robbed: 'error' } as const;
const TIMEOUT_MS = 60;

type SqlSource = Exclude<keyof Said, 'desk' | 'deskFormula'>;
const told = (status: string, solvent: boolean, ...breaks: string[]): Expected => ({ status, solvent, breaks });

/** What a query that is to return one amount may do instead, zero apart. */
const AMOUNT_FAULTS: readonly (readonly [string, (honest: string) => string])[] = [
  ['timeout', () => 'SELECT 1::numeric AS amount FROM pg_sleep(30)'],
  ['error', () => 'SELECT (1 / (random() * 0)::int)::numeric AS amount'],
  ['a table that is gone', () => 'SELECT amount FROM no_such_table'],
  ['empty', (honest) => `${honest} WHERE false`],
  ['an emptied table', () => 'SELECT sum(x)::numeric AS amount FROM generate_series(1, 0) AS x'],
  ['NULL', () => 'SELECT NULL::numeric AS amount'],
  ['wrong currency', (honest) => `SELECT amount, 'XYZ' AS currency FROM (${honest}) AS line`],
  ['NULL for a currency', (honest) => `SELECT amount, NULL AS currency FROM (${honest}) AS line`],
  ['wrong unit', (honest) => `SELECT amount / 7e20 + 1e-19 AS amount FROM (${honest}) AS line`],
  ['a float', (honest) => `SELECT amount::float8 FROM (${honest}) AS line`],
  ['a text', (honest) => `SELECT amount::text FROM (${honest}) AS line`],
  ['not a number', () => "SELECT 'NaN'::numeric AS amount"],
  ['infinity', () => "SELECT 'Infinity'::numeric AS amount"],
  ['two rows', (honest) => `${honest} UNION ALL ${honest}`],
  ['no column of the name', () => 'SELECT 1 AS total'],
];

/** What an honest query would say is the zero of each source, and what is to be told of it. */
const AMOUNTS: readonly (readonly [SqlSource, string, Readonly<Record<World, Expected>>])[] = [
  ['other', 'sql line', { honest: told('surplus', true), robbed: EXPECTED.robbed }],
  ['owed', 'sql line that is owed', NO_VERDICT],
  [
    'bank',
    'observed sql',
    {
      honest: told('deficit', false, 'native/bank', 'unexplained'),
      robbed: told('deficit', false, 'native/bank', 'unexplained'),
    },
  ],
  [
    'bankLedger',
    'ledger query',
    { honest: told('surplus', true, 'native/bank'), robbed: told('deficit', false, 'native/bank', 'unexplained') },
  ],
  [
    'walletLedger',
    'ledger query in USDT',
    {
      honest: told('surplus', true, 'native/wallet', 'unexplained'),
      robbed: told('deficit', false, 'native/bank', 'native/wallet', 'unexplained'),
    },
  ],
  ['capital', 'explained_by query', { honest: told('surplus', true, 'unexplained'), robbed: EXPECTED.robbed }],
  ['cost', 'cost query', { honest: told('surplus', true, 'unexplained'), robbed: EXPECTED.robbed }],
];

const amountFaults: readonly FaultCase[] = AMOUNTS.flatMap(([source, name, zero]) => [
  ...AMOUNT_FAULTS.map(([fault, spoilt]) => ({
    name: `${name}: ${fault}`,
    said: { [source]: spoilt(truthful('honest')[source]) },
    expected: NO_VERDICT,
    ...(fault === 'timeout' ? { timeoutMs: TIMEOUT_MS } : {}),
  })),
  { name: `${name}: zero after non-zero`, said: { [source]: 'SELECT 0 AS amount' }, expected: zero },
]);

/** Base units for whole ones, and no currency beside them. */
const unitFaults: readonly FaultCase[] = (
  [
    ['bank', 'SELECT 10000000000000 AS amount'],
    ['wallet', 'SELECT 100000000::numeric AS amount'],
    ['wallet', 'SELECT 100000000000000000000::numeric AS amount'],
  ] as const
).map(([source, sql]) => ({ name: `observed sql: ${sql}, base units`, said: { [source]: sql }, expected: NO_VERDICT }));

const ITEM_FAULTS: readonly (readonly [string, string])[] = [
  ['timeout', "SELECT 'p' AS id, 1::numeric AS amount, now() AS since FROM pg_sleep(30)"],
  ['error', "SELECT 'p' AS id, (1 / (random() * 0)::int)::numeric AS amount, now() AS since"],
  ['zero', item('p', '0::numeric')],
  ['below zero', item('p', '-500000::numeric')],
  ['NULL', item('p', 'NULL::numeric')],
  ['NULL for an id', 'SELECT NULL AS id, 1::numeric AS amount, now() AS since'],
  ['NULL for an instant', "SELECT 'p' AS id, 1::numeric AS amount, NULL AS since"],
  ['wrong unit', item('p', '500000.001::numeric')],
  ['a float', item('p', '500000::float8')],
  ['two rows of one id', `${item('p', '250000::numeric')} UNION ALL ${item('p', '250000::numeric')}`],
];

const itemFaults: readonly FaultCase[] = (
  [
    [
      'atBank',
      'in-transit query, asset',
      { honest: told('surplus', true, 'native/bank', 'unexplained'), robbed: EXPECTED.robbed },
    ],
    [
      'notDebited',
      'in-transit query, liability',
      { honest: told('surplus', true, 'native/bank', 'unexplained'), robbed: EXPECTED.robbed },
    ],
  ] as const
).flatMap(([source, name, empty]) => [
  ...ITEM_FAULTS.map(([fault, sql]) => ({
    name: `${name}: ${fault}`,
    said: { [source]: sql },
    expected: NO_VERDICT,
    ...(fault === 'timeout' ? { timeoutMs: TIMEOUT_MS } : {}),
  })),
  // That nothing is under way is believed; the account that it was under way from tells.
  { name: `${name}: empty`, said: { [source]: `${item('p', '1::numeric')} WHERE false` }, expected: empty },
]);

/** Paths of the HTTP double that answer otherwise than `/honest`. */
export const HTTP_ANSWERS: Readonly<
  Record<string, { readonly status: number; readonly body: string } | 'hang' | 'reset'>
> = {
  '/honest': { status: 200, body: '{"data":{"balance":"5000000.00","currency":"VND"}}' },
  '/timeout': 'hang',
  '/reset': 'reset',
  '/500': { status: 500, body: '{"data":{"balance":"5000000.00","currency":"VND"}}' },
  '/401': { status: 401, body: '{}' },
  '/empty': { status: 200, body: '' },
  '/without': { status: 200, body: '{"data":{}}' },
  '/null': { status: 200, body: '{"data":{"balance":null,"currency":"VND"}}' },
  '/zero': { status: 200, body: '{"data":{"balance":0,"currency":"VND"}}' },
  '/wrong-currency': { status: 200, body: '{"data":{"balance":"5000000.00","currency":"USD"}}' },
  '/wrong-unit': { status: 200, body: '{"data":{"balance":"5000000.00001","currency":"VND"}}' },
  '/wrong-type': { status: 200, body: '{"data":{"balance":true,"currency":"VND"}}' },
  '/base-units': { status: 200, body: '{"data":{"balance":5000000000000,"currency":"VND"}}' },
  '/malformed': { status: 200, body: '{"data":{"balance":5e6x,"currency":"VND"}}' },
  '/comma': { status: 200, body: '{"data":{"balance":"5.000.000,00","currency":"VND"}}' },
  '/two': { status: 200, body: '{"data":[{"balance":"1","currency":"VND"},{"balance":"2","currency":"VND"}]}' },
  '/page': { status: 200, body: '<html>Please sign in</html>' },
};

const httpFaults: readonly FaultCase[] = Object.keys(HTTP_ANSWERS)
  .filter((path) => path !== '/honest')
  .flatMap((path): readonly FaultCase[] => {
    // What the formula alone asks is compared with nothing: its status is believed, as specified.
    const base = path === '/base-units';
    const timeoutMs = path === '/timeout' ? { timeoutMs: TIMEOUT_MS } : {};
    const zero = path === '/zero';
    return [
      {
        name: `http line: ${path.slice(1)}`,
        said: { deskFormula: path },
        expected: zero
          ? { honest: told('deficit', true), robbed: EXPECTED.robbed }
          : base
            ? { honest: EXPECTED.honest, robbed: told('surplus', false, 'native/bank', 'unexplained') }
            : NO_VERDICT,
        ...timeoutMs,
      },
      {
        name: `observed http: ${path.slice(1)}`,
        said: { deskFormula: path, desk: path },
        expected: zero
          ? {
              honest: told('deficit', false, 'native/desk', 'unexplained'),
              robbed: told('deficit', false, 'native/bank', 'native/desk', 'unexplained'),
            }
          : NO_VERDICT,
        ...timeoutMs,
      },
    ];
  });

const never = (message: string): RateSource => ({ getQuote: () => Promise.reject(new Error(message)) });
/** A rate service that breaks its promise: no type stops what another process sends. */
const broken = (spoilt: object | undefined): RateSource => ({
  getQuote: async (of, options) =>
    spoilt === undefined ? (undefined as never) : { ...(await fixedRate('26000').getQuote(of, options)), ...spoilt },
});

const rateFaults: readonly FaultCase[] = [
  { name: 'rate: timeout', rates: never('no answer in time'), expected: NO_VERDICT },
  { name: 'rate: error', rates: never('every source failed'), expected: NO_VERDICT },
  { name: 'rate: stale', rates: never('the last good rate is 90,000 s old'), expected: NO_VERDICT },
  { name: 'rate: NULL', rates: broken(undefined), expected: NO_VERDICT },
  {
    name: 'rate: of another pair',
    rates: { getQuote: (_of, options) => fixedRate('26000').getQuote({ base: 'VND', quote: 'USDT' }, options) },
    expected: NO_VERDICT,
  },
  { name: 'rate: a float', rates: broken({ mid: 26_000.5 }), expected: NO_VERDICT },
  { name: 'rate: without bid', rates: broken({ bid: undefined }), expected: NO_VERDICT },
  {
    name: 'rate: a bid of zero',
    rates: broken({ bid: { pair: { base: 'USDT', quote: 'VND' }, value: { units: 0n, scale: 0 } } }),
    // Sure to bring nothing.
    expected: { honest: told('surplus', false), robbed: EXPECTED.robbed },
  },
  {
    name: 'rate: wrong unit',
    rates: fixedRate('26'),
    // The USDT are worth 2,600 VND: what is owed is not covered.
    expected: { honest: told('deficit', false), robbed: EXPECTED.robbed },
  },
];

export const FAULTS: readonly FaultCase[] = [
  ...amountFaults,
  ...unitFaults,
  ...itemFaults,
  ...httpFaults,
  ...rateFaults,
];
