/** Statement matching as a use case: both sides read, matched, and what came of each line kept. */
import { type BusinessDate, businessDateAt } from '../../../kernel/business-date.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { formatMoney } from '../../../kernel/money.ts';
import { printable } from '../../../kernel/text.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { StatementLine } from '../sources/statement.ts';
import type { LedgerLine } from './lines.ts';
import { matchStatement, type Source } from './matcher.ts';
import type { Policy } from './policy.ts';
import { ENGINE, type Result, type ResultLine } from './result.ts';
import type { LinePage, MatchingLineRow, MatchingPage, MatchingRow, Outcome, StatementMatchingId } from './store.ts';
import * as store from './store.ts';
import { ledgerReader } from './store-ledger.ts';
import { totalsToJson } from './totals.ts';

export interface MatchingDeps {
  /** Plumbline's own database: results are kept here. */
  readonly db: Db;
  /** Where a ledger's query runs. Never written to. */
  readonly platform: Db;
  readonly clock: Clock;
  readonly random: Random;
  /** search_path of the ledger's query. */
  readonly schema: string;
  readonly queryTimeoutMs: number;
  /** IANA zone in which it is today. */
  readonly zone: string;
}

export interface MatchRequest {
  readonly account: string;
  /** The days that the statement speaks of. */
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly policy: Policy;
  readonly statement: Source<StatementLine>;
  /** Lines, or the query that finds them on the platform's database; see `LedgerQuery`. */
  readonly ledger:
    | { readonly kind: 'lines'; readonly lines: Source<LedgerLine> }
    | { readonly kind: 'sql'; readonly sql: string };
  /** Who asked, for the record. */
  readonly startedBy: string;
}

const LINES_A_STATEMENT = 5_000;

export class StatementMatching {
  readonly #deps: MatchingDeps;

  constructor(deps: MatchingDeps) {
    this.#deps = deps;
  }

  /**
   * Matches and keeps what came of each line, as the next attempt at the account and its days.
   * @throws `matching.days_reversed`, `matching.line_outside`, and what `matchStatement` throws (invalid)
   */
  async match(request: MatchRequest): Promise<{ readonly row: MatchingRow; readonly result: Result }> {
    const { db, clock, random } = this.#deps;
    const result = await this.find(request);
    const { account, from, to, policy, startedBy } = request;
    const row = await db.exclusive(`statement-matching/${account}`, () =>
      db.transaction({}, async (tx) => {
        const inserted = await store.insertMatching(tx, {
          id: newId<'statement-matching'>(clock, random),
          account,
          first_day: from,
          last_day: to,
          started_by: startedBy,
          policy: policy.name,
          policy_version: policy.version,
          policy_hash: policy.hash,
          engine: ENGINE,
          external_hash: result.inputHash('external'),
          ledger_hash: result.inputHash('ledger'),
          status: result.complete ? 'complete' : 'open',
          matches: BigInt(result.matchCount),
          totals: totalsToJson(result.totals),
          result_hash: result.hash(),
          created_at: new Date(clock.now()),
        });
        let batch: Omit<MatchingLineRow, 'matching_id'>[] = [];
        let place = 0n;
        for (const line of rowsOf(result)) {
          place += 1n;
          batch.push({ ...line, place });
          if (batch.length < LINES_A_STATEMENT) continue;
          await store.insertLines(tx, inserted.id, batch);
          batch = [];
        }
        if (batch.length > 0) await store.insertLines(tx, inserted.id, batch);
        return inserted;
      }),
    );
    return { row, result };
  }

  /** Matches and keeps nothing. */
  async find({ from, to, policy, statement, ledger }: Omit<MatchRequest, 'account' | 'startedBy'>): Promise<Result> {
    if (from > to) {
      throw new PlumblineError(
        'invalid',
        'matching.days_reversed',
        `from ${from} is after to ${to}; write the earlier day first`,
        {
          faults: [{ pointer: '/from', message: `must be ${to} or earlier` }],
        },
      );
    }
    const { platform, schema, queryTimeoutMs: timeoutMs } = this.#deps;
    const lines =
      ledger.kind === 'lines'
        ? ledger.lines
        : ledgerReader(platform, policy, { sql: ledger.sql, from, to, schema, timeoutMs });
    return matchStatement({ external: statement, ledger: lines, policy, days: { from, to } });
  }

  /** @throws `matching.unknown` (missing) */
  async get(id: StatementMatchingId): Promise<MatchingRow> {
    const row = await store.findMatching(this.#deps.db.sql, id);
    if (row !== undefined) return row;
    throw new PlumblineError('missing', 'matching.unknown', `there is no statement matching ${id}`);
  }

  /** Newest first. */
  list(page: MatchingPage): Promise<readonly MatchingRow[]> {
    return store.listMatchings(this.#deps.db.sql, page);
  }

  /** @throws `matching.unknown` (missing) */
  async lines(id: StatementMatchingId, page: LinePage): Promise<readonly MatchingLineRow[]> {
    await this.get(id);
    return store.listLines(this.#deps.db.sql, id, page);
  }

  /** From which the age of what is left is counted. */
  today(): BusinessDate {
    return businessDateAt(this.#deps.clock.now(), this.#deps.zone);
  }
}

type LineRow = Omit<MatchingLineRow, 'matching_id' | 'place'>;

/** What is left comes first: a page of it is the beginning of the table. */
function* rowsOf(result: Result): Iterable<LineRow> {
  for (const side of ['external', 'ledger'] as const) {
    for (const line of result.unmatched(side)) yield rowOf(line, 'unmatched', undefined, line.reason);
  }
  for (const set of result.ambiguous()) {
    for (const line of [...set.external, ...set.ledger]) yield rowOf(line, 'ambiguous', set, set.reason);
  }
  for (const match of result.matches()) {
    for (const line of [...match.external, ...match.ledger]) yield rowOf(line, 'matched', match, null);
  }
}

const rowOf = (
  line: ResultLine,
  outcome: Outcome,
  set: { readonly number: number; readonly rule: string } | undefined,
  reason: string | null,
): LineRow => ({
  side: line.side,
  line_id: printable(line.id),
  booked_on: line.bookedOn,
  currency: line.amount.currency.code,
  amount: formatMoney(line.amount),
  reference: printable(line.reference),
  counterparty: printable(line.counterparty),
  outcome,
  set_number: set === undefined ? null : BigInt(set.number),
  rule: set?.rule ?? null,
  reason,
});
