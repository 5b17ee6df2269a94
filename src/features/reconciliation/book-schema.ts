/** What a book's YAML may say; books/reference.yaml explains each key. */
import { z } from 'zod';
import { STATEMENT } from './sources/statements/config.ts';
import { WALLET } from './sources/wallets/config.ts';

const CODE = z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/, 'a currency code such as VND');
const POINTER = z.string().regex(/^(\/[^/]+)+$/, 'a JSON pointer such as /data/balance');
const DECIMAL_TEXT = z.string('a decimal in quotes, such as "1000.00"');
const QUERY = z.string().min(1);

const NAMED = {
  id: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'lower case letters, digits and _'),
  title: z.string().min(1).max(80),
  note: z.string().max(500).default(''),
};
const SIGN = z.enum(['+', '-']).default('+');

/** Where an amount is read. */
const SOURCES = {
  sql: QUERY.optional(),
  /** Of the query's row; lines with one query and a column each are read at once. */
  column: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a column name')
    .default('amount'),
  http: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }),
      amount: POINTER,
      currency: POINTER.optional(),
      authorization_file: z.string().min(1).optional(),
    })
    .optional(),
  wallet: WALLET.optional(),
  statement: STATEMENT.optional(),
};
const hasOneSource = ({
  sql,
  http,
  wallet,
  statement,
}: { readonly [source in 'sql' | 'http' | 'wallet' | 'statement']?: unknown }): boolean =>
  [sql, http, wallet, statement].filter((source) => source !== undefined).length === 1;
const ONE_SOURCE = 'exactly one of sql, http, wallet and statement';

/** A line of the specification's formula. */
const LINE = z
  .strictObject({ ...NAMED, currency: CODE, sign: SIGN, ...SOURCES })
  .refine((line) => hasOneSource(line), ONE_SOURCE);

/** What somebody outside says that the platform holds, and what the platform's own ledger says of it. */
const OBSERVED = z
  .strictObject({
    ...NAMED,
    currency: CODE,
    ...SOURCES,
    ledger: QUERY.optional(),
    account: z.string().min(1).max(200).optional(),
  })
  .refine((line) => hasOneSource(line), ONE_SOURCE);

/** Money that has left one side and not come to the other yet, item by item. */
const IN_TRANSIT = z.strictObject({
  ...NAMED,
  currency: CODE,
  side: z.enum(['asset', 'liability']),
  of: z.string().optional(),
  grace_minutes: z.int().min(1).max(43_200),
  sql: QUERY,
});

/** Why the platform owns more than it owes. */
const EXPLAINED_BY = z
  .strictObject({
    ...NAMED,
    sign: SIGN,
    sql: QUERY.optional(),
    revalues: CODE.optional(),
    cost: QUERY.optional(),
  })
  .refine(
    ({ sql, revalues, cost }) =>
      (sql === undefined) === (revalues !== undefined) && (cost === undefined) === (revalues === undefined),
    'either sql, or revalues and cost',
  );

export const BOOK = z.strictObject({
  book: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and -'),
  version: z.int().min(1),
  currency: CODE,
  zone: z.string(),
  tolerance: DECIMAL_TEXT,
  tolerances: z.record(CODE, DECIMAL_TEXT).default({}),
  haircut_bps: z.int().min(0).max(9_999).default(0),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a schema name')
    .default('public'),
  currencies: z
    .record(CODE, z.strictObject({ decimals: z.int().min(0).max(30), shown: z.int().min(0).max(30) }))
    .default({}),
  assets: z.array(LINE).min(1),
  liabilities: z.array(LINE).min(1),
  observed: z.array(OBSERVED).default([]),
  in_transit: z.array(IN_TRANSIT).default([]),
  explained_by: z.array(EXPLAINED_BY).default([]),
  merchants: z.strictObject({ sql: QUERY }).optional(),
  entries: z.strictObject({ sql: QUERY }).optional(),
  statement_ledgers: z.record(z.string().min(1).max(80), QUERY).default({}),
});

export type BookDocument = z.output<typeof BOOK>;
