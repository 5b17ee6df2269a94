/**
 * The gateway in tables of a real database, fed as the model lives, and the real service over them. A
 * date is reconciled a day late, when more has happened: what the report says of the date is to be, byte
 * for byte, what the model's report said at its midnight.
 */
import { sql } from 'kysely';
import type { Report } from '../../../src/features/reconciliation/report.ts';
import type { BusinessDate } from '../../../src/kernel/business-date.ts';
import { formatDecimal } from '../../../src/kernel/decimal.ts';
import type { Db } from '../../../src/platform/db/port.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { reconciliationOver } from '../../support/reconciliation.ts';
import { BOOK_TEXT, quoteAt } from './mirror.ts';
import { type Account, currencyOf, PLACES, type Place, TRANSIT, type Witness } from './world.ts';

const isPlace = (account: Account): account is Place => PLACES.some((place) => place === account);
const inUnits = (minor: bigint, currency: 'USDT' | 'VND'): string =>
  formatDecimal({ units: minor, scale: currency === 'VND' ? 2 : 18 });
const instant = (at: number): string => new Date(at).toISOString();

type Row = Readonly<Record<string, string>>;

export class Tables implements Witness {
  readonly #db: Db;
  #entries: Row[] = [];
  #movements: Row[] = [];
  #departed: Row[] = [];
  #arrived: Row[] = [];

  constructor(db: Db) {
    this.#db = db;
  }

  async create(): Promise<void> {
    await sql
      .raw(`
        CREATE TABLE entries (account text NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL, reference text NOT NULL);
        CREATE TABLE movements (place text NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL);
        CREATE TABLE flights (id text NOT NULL, line text NOT NULL, amount numeric NOT NULL, since timestamptz NOT NULL, until timestamptz);
        CREATE INDEX ON flights (id)`)
      .execute(this.#db.sql);
  }

  entry: Witness['entry'] = ({ account, amount, at, reference }) => {
    const currency = isPlace(account) ? currencyOf(account) : 'VND';
    this.#entries.push({ account, amount: inUnits(amount, currency), at: instant(at), reference });
  };

  movement: Witness['movement'] = ({ place, amount, at }) => {
    this.#movements.push({ place, amount: inUnits(amount, currencyOf(place)), at: instant(at) });
  };

  departed: Witness['departed'] = ({ id, line, amount, since }) => {
    this.#departed.push({ id, line, amount: inUnits(amount, TRANSIT[line].currency), since: instant(since) });
  };

  arrived: Witness['arrived'] = (id, at) => {
    this.#arrived.push({ id, until: instant(at) });
  };

  /** Writes what has happened since the last time. */
  async flush(): Promise<void> {
    const [entries, movements, departed, arrived] = [this.#entries, this.#movements, this.#departed, this.#arrived];
    this.#entries = [];
    this.#movements = [];
    this.#departed = [];
    this.#arrived = [];
    await this.#db.transaction({}, async (tx) => {
      await sql`INSERT INTO entries SELECT * FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
        AS row(account text, amount numeric, at timestamptz, reference text)`.execute(tx);
      await sql`INSERT INTO movements SELECT * FROM jsonb_to_recordset(${JSON.stringify(movements)}::jsonb)
        AS row(place text, amount numeric, at timestamptz)`.execute(tx);
      await sql`INSERT INTO flights SELECT * FROM jsonb_to_recordset(${JSON.stringify(departed)}::jsonb)
        AS row(id text, line text, amount numeric, since timestamptz)`.execute(tx);
      await sql`UPDATE flights SET until = row.until FROM jsonb_to_recordset(${JSON.stringify(arrived)}::jsonb)
        AS row(id text, until timestamptz) WHERE flights.id = row.id`.execute(tx);
    });
  }

  /**
   * Reconciles a date that is over, with the real service, at an instant when more has happened.
   * @param cut the end of the date @returns what is not as the model's report has it
   */
  async reconcile(
    date: BusinessDate,
    cut: number,
    now: number,
    expected: Report,
    mid: bigint,
  ): Promise<readonly string[]> {
    const { service } = reconciliationOver({
      db: this.#db,
      book: BOOK_TEXT,
      clock: new ManualClock(now),
      rates: { getQuote: async () => quoteAt(mid, cut) },
    });
    const { row } = await service.performDailyReconciliation({ businessDate: date, startedBy: 'soak' });
    const wrong: string[] = [];
    const truth = expected.truth?.verdict;
    if (row.report_hash !== expected.hash)
      wrong.push(`${date}: the database's report is not the model's: ${row.error_message ?? row.status}`);
    if (row.as_of_basis !== 'cut' || row.as_of?.getTime() !== cut)
      wrong.push(`${date}: as of ${row.as_of?.toISOString()}`);
    if (truth?.kind !== 'known' || row.solvent !== truth.solvent || row.explained !== truth.explained)
      wrong.push(`${date}: solvent ${row.solvent}, explained ${row.explained}`);
    if (row.solvent === false && !row.alert_triggered) wrong.push(`${date}: not solvent, and nobody is told`);
    return wrong;
  }
}
