/**
 * A book names what is reconciled: asset and liability lines, each with its currency, its sign and
 * where its amount is read. It is configuration, written in YAML; books/reference.yaml explains each
 * key.
 */
import { parseDocument } from 'yaml';
import { assertZone } from '../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { type Fault, messageOf, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import {
  type Currencies,
  type Currency,
  DEFAULT_CURRENCIES,
  type Money,
  parseMoney,
  zero,
} from '../../kernel/money.ts';
import { BOOK, type BookDocument } from './book-schema.ts';
import { type StatementSource, statementSource } from './sources/statements/config.ts';
import { type WalletSource, walletKeys, walletSource } from './sources/wallets/config.ts';

export type LineSource =
  | { readonly kind: 'wallet'; readonly wallet: WalletSource }
  | { readonly kind: 'statement'; readonly statement: StatementSource }
  /** One SELECT that returns one row with the amount in `column`, and `currency` where it can tell. */
  | { readonly kind: 'sql'; readonly sql: string; readonly column: string }
  /** A GET that answers JSON; the pointers (RFC 6901) say where amount and currency stand in it. */
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly amount: string;
      readonly currency: string | undefined;
      /** File with the value of the Authorization header. */
      readonly authorizationFile: string | undefined;
    };

/** A query of the database alone. */
export type SqlSource = Extract<LineSource, { readonly kind: 'sql' }>;

interface Named {
  readonly id: string;
  readonly title: string;
  readonly note: string;
}

/** Whatever one amount is read for. */
export interface Readable {
  readonly id: string;
  readonly currency: Currency;
  readonly source: LineSource;
}

/** A line of the specification's formula. */
export interface Line extends Named {
  readonly side: 'asset' | 'liability';
  /** -1 where the line takes away from its side, as expenses do. */
  readonly sign: 1 | -1;
  readonly currency: Currency;
  readonly source: LineSource;
}

/** What somebody outside says that the platform holds. */
export interface ObservedLine extends Named {
  readonly currency: Currency;
  readonly source: LineSource;
  /** What the platform's own ledger says of it, in the same currency. */
  readonly ledger: SqlSource | undefined;
  /** Its account in the ledger's entries. */
  readonly account: string;
}

/** Money that has left one side and not come to the other yet: one row an item. */
export interface TransitLine extends Named {
  readonly currency: Currency;
  readonly side: 'asset' | 'liability';
  /** The observed line that has less (asset) or more (liability) than the ledger says because of it. */
  readonly of: string | undefined;
  /** Minutes after which an item is late, and counts no more. */
  readonly graceMinutes: number;
  readonly source: SqlSource;
}

/** Why the platform owns more than it owes: what was put in, earned and spent, in the book's currency. */
export type ExplainingLine = Named &
  (
    | { readonly kind: 'amount'; readonly sign: 1 | -1; readonly source: SqlSource }
    /** What the ledger's holding of a currency is worth now, less what it cost. */
    | { readonly kind: 'revaluation'; readonly sign: 1 | -1; readonly currency: Currency; readonly source: SqlSource }
  );

/** What it takes to tell whether the platform can pay, whatever its own books say. */
export interface Truth {
  readonly observed: readonly ObservedLine[];
  readonly inTransit: readonly TransitLine[];
  readonly explainedBy: readonly ExplainingLine[];
  /** Taken off the bid when assets are valued at their low, in hundredths of a per cent. */
  readonly haircutBps: number;
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
  /** What an observed amount may differ from the ledger's, in its own currency; 0 unless told. */
  readonly nativeTolerance: (currency: Currency) => Money;
  /** search_path of the lines' queries. */
  readonly schema: string;
  readonly lines: readonly Line[];
  /** Undefined where the book names nothing that is observed. */
  readonly truth: Truth | undefined;
  /** One SELECT with a row for each merchant: merchant_id, available, pending, reserved. */
  readonly merchants: SqlSource | undefined;
  /** One SELECT of the ledger's entries: id, debit_account, credit_account, amount, currency, reference, created_at. */
  readonly entries: SqlSource | undefined;
  /** By account, the query of the ledger's lines that its statement is matched against (matching/store-ledger.ts). */
  readonly statementLedgers: ReadonlyMap<string, string>;
  /** The book in force, overrides taken in: canonical JSON, which `parseBook` reads as the same book. */
  readonly document: string;
  /** SHA-256 of the document: two reports of one hash were made by one formula. */
  readonly hash: string;
}

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
  for (const group of [
    [...document.assets, ...document.liabilities],
    document.observed,
    document.in_transit,
    document.explained_by,
  ]) {
    const ids = group.map(({ id }) => id);
    for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) {
      faults.push({ pointer: `/${id}`, message: `two lines have the id "${id}"; ids are unique in a book` });
    }
  }
  const truth = attempt('/observed', () => buildTruth(document, currencies, faults));
  const tolerances = new Map<string, Money>();
  for (const [code, text] of Object.entries(document.tolerances)) {
    attempt(`/tolerances/${code}`, () => tolerances.set(code, parseTolerance(currencies.get(code), text)));
  }

  if (faults.length > 0 || currency === undefined || tolerance === undefined) throw invalidBook(name, faults);
  const schema = overrides.schema ?? document.schema;
  // What a person meant and what is in force are one document: overrides are part of what is hashed.
  const book = overrides.name ?? document.book;
  const inForce = canonicalJson(
    toJson({ ...document, book, schema, tolerance: overrides.tolerance ?? document.tolerance }),
  );
  return {
    name: book,
    version: document.version,
    currency,
    zone: document.zone,
    tolerance,
    schema,
    nativeTolerance: (native) =>
      tolerances.get(native.code) ?? (native.code === currency.code ? tolerance : zero(native)),
    lines: lines.filter((line) => line !== undefined),
    truth,
    merchants: document.merchants && query(document.merchants.sql),
    entries: document.entries && query(document.entries.sql),
    statementLedgers: new Map(Object.entries(document.statement_ledgers)),
    document: inForce,
    hash: sha256Hex(inForce),
  };
}

function buildLine(line: BookDocument['assets'][number], side: Line['side'], currencies: Currencies): Line {
  return {
    ...named(line),
    side,
    sign: signOf(line.sign),
    currency: currencies.get(line.currency),
    source: sourceOf(line, currencies.get(line.currency)),
  };
}

function buildTruth(document: BookDocument, currencies: Currencies, faults: Fault[]): Truth | undefined {
  if (document.observed.length === 0) {
    for (const key of ['in_transit', 'explained_by'] as const) {
      if (document[key].length > 0)
        faults.push({
          pointer: `/${key}`,
          message: 'says nothing without assets that are observed; name them under "observed"',
        });
    }
    return undefined;
  }
  for (const [index, { of }] of document.in_transit.entries()) {
    if (of !== undefined && !document.observed.some(({ id }) => id === of))
      faults.push({ pointer: `/in_transit/${index}/of`, message: `"${of}" is no line under "observed"` });
  }
  const observed = document.observed.map(
    (line): ObservedLine => ({
      ...named(line),
      currency: currencies.get(line.currency),
      source: sourceOf(line, currencies.get(line.currency)),
      ledger: line.ledger === undefined ? undefined : query(line.ledger),
      account: line.account ?? line.id,
    }),
  );
  assertWalletsOnce(observed, faults);
  return {
    observed,
    inTransit: document.in_transit.map((line) => ({
      ...named(line),
      currency: currencies.get(line.currency),
      side: line.side,
      of: line.of,
      graceMinutes: line.grace_minutes,
      source: query(line.sql),
    })),
    explainedBy: document.explained_by.map((line): ExplainingLine => {
      const sign = signOf(line.sign);
      return line.revalues === undefined
        ? { ...named(line), kind: 'amount', sign, source: query(line.sql ?? '') }
        : {
            ...named(line),
            kind: 'revaluation',
            sign,
            currency: currencies.get(line.revalues),
            source: query(line.cost ?? ''),
          };
    }),
    haircutBps: document.haircut_bps,
  };
}

const query = (sql: string): SqlSource => ({ kind: 'sql', sql, column: 'amount' });
const named = ({ id, title, note }: Named): Named => ({ id, title, note });
const signOf = (sign: '+' | '-'): 1 | -1 => (sign === '-' ? -1 : 1);

type SourceOf = Pick<BookDocument['assets'][number], 'sql' | 'column' | 'http' | 'wallet' | 'statement'>;

function sourceOf({ sql, column, http, wallet, statement }: SourceOf, currency: Currency): LineSource {
  if (wallet !== undefined) return { kind: 'wallet', wallet: walletSource(wallet, currency) };
  if (statement !== undefined) return { kind: 'statement', statement: statementSource(statement) };
  if (http === undefined) return { kind: 'sql', sql: sql ?? '', column };
  const { url, amount, currency: at, authorization_file: authorizationFile } = http;
  return { kind: 'http', url, amount, currency: at, authorizationFile };
}

/** One wallet in two lines would be counted twice. */
function assertWalletsOnce(lines: readonly ObservedLine[], faults: Fault[]): void {
  const seen = new Map<string, string>();
  for (const { id, source } of lines) {
    for (const key of source.kind === 'wallet' ? walletKeys(source.wallet) : []) {
      const first = seen.get(key);
      if (first !== undefined)
        faults.push({
          pointer: `/observed/${id}`,
          message: `holds the wallet ${key}, as ${first} does; a wallet stands in one line`,
        });
      seen.set(key, id);
    }
  }
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
