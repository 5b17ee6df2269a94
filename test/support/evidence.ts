/** A book with everything that a report can say, over literal amounts, and days of reports by it. */
import { generateKeyPairSync } from 'node:crypto';
import type { RateSource } from '../../src/features/reconciliation/ports.ts';
import type { ReconciliationService } from '../../src/features/reconciliation/service.ts';
import { type Signer, signerOf } from '../../src/features/reconciliation/signing.ts';
import type { ReconciliationRow } from '../../src/features/reconciliation/store.ts';
import { addDays, type BusinessDate, parseBusinessDate } from '../../src/kernel/business-date.ts';
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
