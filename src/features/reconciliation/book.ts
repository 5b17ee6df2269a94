/**
 * A book names what is reconciled: asset and liability lines, each with its currency, its sign and
 * where its amount is read. It is configuration, written in YAML; books/reference.yaml explains each
 * key.
 */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { assertZone } from '../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { type Fault, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { type Currencies, type Currency, DEFAULT_CURRENCIES, type Money, parseMoney } from '../../kernel/money.ts';

export type LineSource =
  /** One SELECT that returns one row with a column `amount`, and `currency` where it can tell. */
  | { readonly kind: 'sql'; readonly sql: string }
  /** A GET that answers JSON; the pointers (RFC 6901) say where amount and currency stand in it. */
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly amount: string;
      readonly currency: string | undefined;
      /** File with the value of the Authorization header. */
      readonly authorizationFile: string | undefined;
    };

export interface Line {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly side: 'asset' | 'liability';
  /** -1 where the line takes away from its side, as expenses do. */
  readonly sign: 1 | -1;
  readonly currency: Currency;
  readonly source: LineSource;
}

export interface Book {
  readonly name: string;
  readonly version: number;
  /** Everything is valued in this. */
  readonly currency: Currency;
  /** IANA zone of the business date. */
  readonly zone: string;
  /** |difference| up to this is balanced. */
  readonly tolerance: Money;
  /** search_path of the lines' queries. */
  readonly schema: string;
  readonly lines: readonly Line[];
  /** SHA-256 of the book's canonical form: two reports of one hash were made by one formula. */
  readonly hash: string;
}

const CODE = z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/, 'a currency code such as VND');
const POINTER = z.string().regex(/^(\/[^/]+)+$/, 'a JSON pointer such as /data/balance');

const LINE = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'lower case letters, digits and _'),
    title: z.string().min(1).max(80),
    note: z.string().max(500).default(''),
    currency: CODE,
    sign: z.enum(['+', '-']).default('+'),
    sql: z.string().min(1).optional(),
    http: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        amount: POINTER,
        currency: POINTER.optional(),
        authorization_file: z.string().min(1).optional(),
      })
      .optional(),
  })
  .refine((line) => (line.sql === undefined) !== (line.http === undefined), 'exactly one of sql and http');

const BOOK = z.strictObject({
  book: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and -'),
  version: z.int().min(1),
  currency: CODE,
  zone: z.string(),
  tolerance: z.string('a decimal in quotes, such as "1000.00"'),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a schema name')
    .default('public'),
  currencies: z
    .record(CODE, z.strictObject({ decimals: z.int().min(0).max(30), shown: z.int().min(0).max(30) }))
    .default({}),
  assets: z.array(LINE).min(1),
  liabilities: z.array(LINE).min(1),
});

type BookDocument = z.output<typeof BOOK>;

export interface BookOverrides {
  readonly name?: string;
  readonly schema?: string;
  /** Decimal text in the book's currency. */
  readonly tolerance?: string;
}

/**
 * @param name what the book is called in messages, usually its file
 * @throws `book.invalid` (invalid) with every fault and where it stands
 */
export function parseBook(text: string, name: string, overrides: BookOverrides = {}): Book {
  const document = parseDocument(text, { uniqueKeys: true });
  const yamlFaults = document.errors.map((error) => ({ pointer: '', message: error.message.split('\n')[0] ?? '' }));
  if (yamlFaults.length > 0) throw invalidBook(name, yamlFaults);

  const parsed = BOOK.safeParse(document.toJS());
  if (!parsed.success) {
    throw invalidBook(
      name,
      parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, message: issue.message })),
    );
  }
  return build(parsed.data, name, overrides);
}

function build(document: BookDocument, name: string, overrides: BookOverrides): Book {
  const faults: Fault[] = [];
  const attempt = <T>(pointer: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push({ pointer, message: messageOf(error) });
      return undefined;
    }
  };
  const currencies = DEFAULT_CURRENCIES.with(
    Object.entries(document.currencies).map(([code, digits]) => ({ code, ...digits })),
  );
  const currency = attempt('/currency', () => currencies.get(document.currency));
  const tolerance =
    currency && attempt('/tolerance', () => parseTolerance(currency, overrides.tolerance ?? document.tolerance));
  attempt('/zone', () => assertZone(document.zone));

  const side = (kind: Line['side'], key: 'assets' | 'liabilities'): readonly (Line | undefined)[] =>
    document[key].map((line, index) => attempt(`/${key}/${index}`, () => buildLine(line, kind, currencies)));
  const lines = [...side('asset', 'assets'), ...side('liability', 'liabilities')];
  const ids = [...document.assets, ...document.liabilities].map(({ id }) => id);
  for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) {
    faults.push({ pointer: `/${id}`, message: `two lines have the id "${id}"; ids are unique in a book` });
  }

  if (faults.length > 0 || currency === undefined || tolerance === undefined) throw invalidBook(name, faults);
  const schema = overrides.schema ?? document.schema;
  // What a person meant and what is in force are one document: overrides are part of what is hashed.
  const book = overrides.name ?? document.book;
  const inForce = { ...document, book, schema, tolerance: overrides.tolerance ?? document.tolerance };
  return {
    name: book,
    version: document.version,
    currency,
    zone: document.zone,
    tolerance,
    schema,
    lines: lines.filter((line) => line !== undefined),
    hash: sha256Hex(canonicalJson(toJson(inForce))),
  };
}

function buildLine(line: BookDocument['assets'][number], side: Line['side'], currencies: Currencies): Line {
  const source: LineSource =
    line.http === undefined
      ? { kind: 'sql', sql: line.sql ?? '' }
      : {
          kind: 'http',
          url: line.http.url,
          amount: line.http.amount,
          currency: line.http.currency,
          authorizationFile: line.http.authorization_file,
        };
  const sign = line.sign === '-' ? -1 : 1;
  return {
    id: line.id,
    title: line.title,
    note: line.note,
    side,
    sign,
    currency: currencies.get(line.currency),
    source,
  };
}

function parseTolerance(currency: Currency, text: string): Money {
  const tolerance = parseMoney(currency, text);
  if (tolerance.minor < 0n) {
    throw new PlumblineError('invalid', 'book.tolerance_negative', `tolerance ${text} is below zero; write 0 or more`);
  }
  return tolerance;
}

const invalidBook = (name: string, faults: readonly Fault[]): PlumblineError =>
  new PlumblineError(
    'invalid',
    'book.invalid',
    `the book ${name} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    { faults },
  );

/** A parsed document holds JSON alone, but for keys that are absent. */
const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
