/** A book with everything that a report can say, over literal amounts, and days of reports by it. */
import { generateKeyPairSync } from 'node:crypto';
import { type Book, parseBook } from '../../src/features/reconciliation/book.ts';
import { BUNDLED, type Bundle, type Payload, sealBundle } from '../../src/features/reconciliation/evidence/bundle.ts';
import { hashOf } from '../../src/features/reconciliation/evidence/header.ts';
import { inputsToJson } from '../../src/features/reconciliation/evidence/inputs.ts';
import { headerOf } from '../../src/features/reconciliation/evidence/record.ts';
import { columnsOf, rowToJson } from '../../src/features/reconciliation/evidence/row.ts';
import type { Observation, QuoteOutcome } from '../../src/features/reconciliation/observe.ts';
import type { RateSource, Reading } from '../../src/features/reconciliation/ports.ts';
import { makeReport } from '../../src/features/reconciliation/report.ts';
import type { ReconciliationService } from '../../src/features/reconciliation/service.ts';
import { type Signer, signerOf } from '../../src/features/reconciliation/signing.ts';
import type { ReconciliationRow } from '../../src/features/reconciliation/store.ts';
import { addDays, type BusinessDate, endOfDay, parseBusinessDate } from '../../src/kernel/business-date.ts';
import { canonicalJson } from '../../src/kernel/canonical.ts';
import type { Currency } from '../../src/kernel/money.ts';
import { pair, parseRate } from '../../src/kernel/rate.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { ManualClock } from './manual-clock.ts';
import { bookText, reconciliationOver } from './reconciliation.ts';

export const privatePem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const newSigner = (): Signer => signerOf(privatePem(), 'the key of the test');

/** What the ledger says of the bank; less there is a break. */
export const evidenceBook = ({ bank = '70000000.50', version = 1 } = {}): string =>
  bookText(
    [
      {
        id: 'wallet',
        currency: 'USDT',
        sql: "SELECT 1234.567891::numeric AS amount, 'USDT' AS currency, 77 AS block WHERE now() < :cut OR true",
      },
      { id: 'bank', sql: `SELECT ${bank}::numeric AS amount WHERE now() < :cut OR true` },
      { id: 'costs', sign: '-', sql: 'SELECT 100.25::numeric AS amount WHERE now() < :cut OR true' },
    ],
    [{ id: 'owed', sql: 'SELECT 98765432.10::numeric AS amount WHERE now() < :cut OR true' }],
    {
      version,
      haircut_bps: 50,
      observed: [
        {
          ...{ id: 'wallet', title: 'Ví nóng TRON', currency: 'USDT' },
          sql: 'SELECT 1234.567891::numeric AS amount WHERE now() < :cut OR true',
          ledger: 'SELECT 1234.567891::numeric AS amount WHERE now() < :cut OR true',
        },
        {
          ...{ id: 'bank', title: 'Bank', currency: 'VND' },
          sql: `SELECT ${bank}::numeric AS amount WHERE now() < :cut OR true`,
          ledger: 'SELECT 70500000.50::numeric AS amount WHERE now() < :cut OR true',
        },
      ],
      in_transit: [
        {
          ...{ id: 'payouts', title: 'Payouts', currency: 'VND', side: 'asset', of: 'bank', grace_minutes: 30 },
          sql: "SELECT 'p-1' AS id, 500000::numeric AS amount, :cut - interval '10 minutes' AS since WHERE :cut < 'infinity'",
        },
      ],
      explained_by: [
        { id: 'capital', title: 'Capital', sql: 'SELECT 3833333.57::numeric AS amount WHERE now() < :cut OR true' },
      ],
    },
  );

/** A rate whose quote has sources, as real ones do. */
export const quotedRate = (mid = '26000.5'): RateSource => ({
  getQuote: async (of) => {
    const rate = (text: string) => parseRate(pair(of.base, of.quote), text);
    return {
      ...{ quoteId: '01939e4e-7cb2-7c00-8000-000000000001', pair: of, bid: rate('25990'), mid: rate(mid) },
      ...{ ask: rate('26010'), asOf: Date.parse('2026-11-23T01:59:30.123Z'), ageMs: 29_877.4, level: 'fresh' as const },
      basis: 'median of 2',
      sources: [{ source: 'coingecko', pair: of, rate: rate('26001'), asOf: Date.parse('2026-11-23T01:59:20Z') }],
    };
  },
});

export const FIRST = parseBusinessDate('2026-03-01');

export interface Days {
  readonly service: ReconciliationService;
  readonly rows: readonly ReconciliationRow[];
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

/** Final reports of so many days, oldest first. */
export async function reportDays(db: Db, count: number, book = evidenceBook()): Promise<Days> {
  const { service } = reconciliationOver({ db, book, clock: new ManualClock(), rates: quotedRate() });
  const rows: ReconciliationRow[] = [];
  for (let day = 0; day < count; day += 1) {
    const { row } = await service.performDailyReconciliation({ businessDate: addDays(FIRST, day), startedBy: 'test' });
    rows.push(row);
  }
  return { service, rows, from: FIRST, to: addDays(FIRST, count - 1) };
}

/** The same without a database: a bundle of so many days, each with amounts of its own. */
export function bundleOfDays(count: number, signer: Signer, text = evidenceBook()): Bundle {
  const book = parseBook(text, 'test');
  const reports: Payload['reports'] = [];
  let head: { seq: number; hash: string } | undefined;
  for (let day = 0; day < count; day += 1) {
    const observation = observationOf(book, addDays(FIRST, day), BigInt(day));
    const inputs = inputsToJson(book, observation);
    const report = makeReport(book, observation);
    const at = new Date(observation.observedAt);
    // As a row of the database: the same columns, and instants as dates.
    const { as_of: _asOf, observed_at: _observedAt, ...columns } = columnsOf(book, observation, report);
    const row = {
      ...columns,
      ...{ id: `00000000-0000-7000-8000-${String(day).padStart(12, '0')}`, attempt: 1, supersedes: null },
      ...{ started_by: 'test', error_message: null, report: report.body },
      ...{ as_of: new Date(observation.asOf.instant), started_at: at, observed_at: at, reconciled_at: at },
    } as unknown as ReconciliationRow;
    const header = headerOf({ row, book, inputs: canonicalJson(inputs), attempts: '[]', head });
    reports.push(BUNDLED.parse({ header, row: rowToJson(row), report: report.body, inputs, attempts: [] }));
    head = { seq: header.seq, hash: hashOf(header) };
  }
  if (head === undefined) throw new Error('a bundle has a report');
  const books = [{ hash: book.hash, document: JSON.parse(book.document) }];
  const range = { from: FIRST, to: addDays(FIRST, count - 1) };
  return sealBundle({ book: book.name, ...range, head, books, links: [], reports }, signer);
}

/** Readings for every line of any book: so much of each currency, and a little more each day. */
function observationOf(book: Book, businessDate: BusinessDate, day: bigint): Observation {
  const end = endOfDay(businessDate, book.zone);
  const read = (currency: Currency, amount: bigint): Reading => ({
    ...{ kind: 'read', at: 'cut', evidence: { rows: '77' } },
    amount: { currency, minor: amount * 10n ** BigInt(currency.decimals) + day },
  });
  const quote = (code: string): readonly [string, QuoteOutcome] => {
    const of = pair(code, book.currency.code);
    const rate = (cents: bigint) => parseRate(of, `${26_000n + (day % 100n)}.${cents}`);
    return [
      code,
      {
        kind: 'quote',
        quote: {
          ...{ quoteId: '01939e4e-7cb2-7c00-8000-000000000001', pair: of, level: 'fresh', basis: 'median of 2' },
          ...{ bid: rate(10n), mid: rate(15n), ask: rate(20n), asOf: end - 30_000, ageMs: 30_000 },
          sources: ['coingecko', 'binance'].map((source) => ({
            source,
            pair: of,
            rate: rate(15n),
            asOf: end - 40_000,
          })),
        },
      },
    ];
  };
  const { observed, inTransit, explainedBy } = book.truth ?? { observed: [], inTransit: [], explainedBy: [] };
  const all = [...book.lines, ...observed, ...inTransit];
  const codes = new Set(all.map(({ currency }) => currency.code).filter((code) => code !== book.currency.code));
  return {
    ...{ businessDate, snapshot: '731:731:', database: 'PostgreSQL', observedAt: end + 300_000 },
    asOf: { basis: 'cut', instant: end, notAtCut: [] },
    quotes: new Map([...codes].map(quote)),
    lines: new Map(
      book.lines.map(({ id, currency, side }) => [id, read(currency, side === 'asset' ? 5_000n : 1_000n)]),
    ),
    observed: new Map(observed.map(({ id, currency }) => [id, read(currency, 5_000n)])),
    ledger: new Map(observed.flatMap(({ id, currency, ledger }) => (ledger ? [[id, read(currency, 5_000n)]] : []))),
    inTransit: new Map(
      inTransit.map(({ id, currency }) => [
        id,
        { kind: 'items', items: [{ id: `item-${day}`, amount: { currency, minor: 100n + day }, since: end - 60_000 }] },
      ]),
    ),
    explainedBy: new Map(explainedBy.map(({ id }) => [id, read(book.currency, 1_000n)])),
  };
}
