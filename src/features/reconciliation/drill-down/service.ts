/** Why this report is not the one before: line by line, account by account, entry by entry. */
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import type { ReconciliationId } from '../../../kernel/ids.ts';
import { type Currency, DEFAULT_CURRENCIES } from '../../../kernel/money.ts';
import { sqlState } from '../../../platform/db/errors.ts';
import type { Db } from '../../../platform/db/port.ts';
import { isAway } from '../../../platform/db/unavailable.ts';
import type { Book } from '../book.ts';
import { judgeFailure } from '../line-query.ts';
import { beginSnapshot, findById, type ReconciliationRow } from '../store.ts';
import { parseBody, type ReportBody } from './body.ts';
import { type Comparison, compareReports } from './compare.ts';
import { type Movement, movementOf } from './movements.ts';
import * as store from './store.ts';

export interface DrillDownDeps {
  readonly db: Db;
  /** Where the book's queries run. Never written to. */
  readonly platform: Db;
  readonly book: Book;
  readonly queryTimeoutMs: number;
}

export interface ComparedReports {
  readonly before: ReconciliationRow;
  readonly after: ReconciliationRow;
  readonly comparison: Comparison;
}

export interface Entry {
  readonly id: string;
  readonly counterAccount: string;
  readonly currency: string;
  /** What it added to the account; decimal text, below zero where it took from it. */
  readonly amount: string;
  readonly reference: string | null;
  /** RFC 3339 in UTC, with microseconds. */
  readonly createdAt: string;
}

export interface MovementsRequest {
  readonly id: ReconciliationId;
  /** Id of an observed line. */
  readonly line: string;
  /** The report to look back to; the final one before unless told. */
  readonly since?: ReconciliationId;
  readonly limit: number;
  readonly after?: store.EntryMark;
}

export interface Movements {
  readonly line: string;
  readonly title: string;
  readonly account: string;
  readonly currency: string;
  /** undefined: there is no report before, so the entries are all that there are. */
  readonly before: ReconciliationRow | undefined;
  readonly after: ReconciliationRow;
  readonly movement: Movement;
  /** Newest first, at most `limit`. */
  readonly entries: readonly Entry[];
  readonly next: store.EntryMark | undefined;
}

export class DrillDown {
  readonly #deps: DrillDownDeps;

  constructor(deps: DrillDownDeps) {
    this.#deps = deps;
  }

  /**
   * @param other the report to compare with; the final one before unless told. The earlier of the two is `before`.
   * @throws `reconciliation.unknown`, `reconciliation.no_report_before` (missing);
   *   `reconciliation.report_unreadable`, `reconciliation.currencies_differ` (conflict)
   */
  async compare(id: ReconciliationId, other?: ReconciliationId): Promise<ComparedReports> {
    const one = await this.#find(id);
    const two = other === undefined ? await store.findBefore(this.#deps.db.sql, one) : await this.#find(other);
    if (two === undefined)
      throw new PlumblineError(
        'missing',
        'reconciliation.no_report_before',
        `there is no final report of book ${one.book} before ${id}; name one to compare with`,
      );
    const [before, after] = instantOf(one) < instantOf(two) ? [one, two] : [two, one];
    const bodies = { before: parseBody(before.id, before.report), after: parseBody(after.id, after.report) };
    if (bodies.before.currency !== bodies.after.currency)
      throw new PlumblineError(
        'conflict',
        'reconciliation.currencies_differ',
        `${before.id} is in ${bodies.before.currency} and ${after.id} in ${bodies.after.currency}; take two reports in one currency`,
      );
    return { before, after, comparison: compareReports(bodies.before, bodies.after) };
  }

  /**
   * The ledger's entries of the line's account from the instant of the report before until that of this
   * one, and what of the line's change they do not explain.
   * @throws `reconciliation.unknown`, `reconciliation.line_unknown`, `reconciliation.no_entries` (missing);
   *   `reconciliation.report_unreadable`, `reconciliation.not_before` (conflict); `reconciliation.entries_unreadable` (upstream)
   */
  async movements({ id, line, since, limit, after: mark }: MovementsRequest): Promise<Movements> {
    const { db, platform, book, queryTimeoutMs } = this.#deps;
    if (book.entries === undefined)
      throw new PlumblineError(
        'missing',
        'reconciliation.no_entries',
        `book ${book.name} does not say where the ledger's entries are; add "entries" with its query`,
      );
    const after = await this.#find(id);
    const now = observedLine(after.id, parseBody(after.id, after.report), line);
    const before = since === undefined ? await store.findBefore(db.sql, after) : await this.#find(since);
    if (before !== undefined && (before.as_of === null || instantOf(before) >= instantOf(after)))
      throw new PlumblineError(
        'conflict',
        'reconciliation.not_before',
        `${before.id} does not speak of an earlier instant than ${id}; take a report from before it`,
      );
    const old = before && parseBody(before.id, before.report).truth?.observed.find((each) => each.id === line);
    const account = book.truth?.observed.find((each) => each.id === line)?.account ?? line;
    const of: store.EntriesOf = {
      ...{ entries: book.entries, account },
      from: before?.as_of ?? undefined,
      to: new Date(instantOf(after)),
    };
    const { totals, rows } = await this.#reading(book.entries.sql, () =>
      platform.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
        await beginSnapshot(tx, book.schema, queryTimeoutMs);
        return {
          totals: await store.readTotals(tx, of),
          rows: await store.readEntries(tx, of, { limit: limit + 1, after: mark }),
        };
      }),
    );
    const currency = currencyOf(book, now.currency);
    // A line that the report before did not have, or had in another currency, began at nothing we know of.
    const opening = before === undefined ? undefined : old?.currency === now.currency ? old : NOT_SAID;
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      ...{ line, title: now.title, account, currency: now.currency, before, after },
      movement: await this.#reading(book.entries.sql, async () => movementOf(currency, opening, now, totals)),
      entries: page.map((row) => entryOf(row, account)),
      next: last && { createdAt: last.created_at, id: last.id },
    };
  }

  async #find(id: ReconciliationId): Promise<ReconciliationRow> {
    const row = await findById(this.#deps.db.sql, id);
    if (row === undefined || row.book !== this.#deps.book.name)
      throw new PlumblineError('missing', 'reconciliation.unknown', `there is no reconciliation ${id}`);
    return row;
  }

  async #reading<T>(query: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isAway(error)) throw error;
      const { reason } = judgeFailure(query, sqlState(error), messageOf(error));
      throw new PlumblineError('upstream', 'reconciliation.entries_unreadable', `the book's entries: ${reason}`, {
        cause: error,
      });
    }
  }
}

const NOT_SAID = { amount: null, ledger_amount: null };

const instantOf = ({ as_of, observed_at, started_at }: ReconciliationRow): number =>
  (as_of ?? observed_at ?? started_at).getTime();

function observedLine(
  id: ReconciliationId,
  { truth }: ReportBody,
  line: string,
): NonNullable<ReportBody['truth']>['observed'][number] {
  const found = truth?.observed.find((each) => each.id === line);
  if (found !== undefined) return found;
  const lines = truth?.observed.map((each) => each.id).join(', ') ?? '';
  throw new PlumblineError(
    'missing',
    'reconciliation.line_unknown',
    `the report ${id} has no observed line "${line.slice(0, 80)}"; it has ${lines === '' ? 'none' : lines}`,
  );
}

/** As the book has it; a line that the book has no more was in a currency of its day. */
function currencyOf(book: Book, code: string): Currency {
  const known = [...(book.truth?.observed ?? []), ...book.lines].find(({ currency }) => currency.code === code);
  return known?.currency ?? DEFAULT_CURRENCIES.get(code);
}

function entryOf({ debit_account, credit_account, ...row }: store.EntryRow, account: string): Entry {
  const isDebit = debit_account === account;
  return {
    ...{ id: row.id, currency: row.currency, reference: row.reference, createdAt: row.created_at },
    counterAccount: isDebit ? credit_account : debit_account,
    amount: isDebit === (credit_account === account) ? '0' : isDebit ? row.amount : negated(row.amount),
  };
}

const negated = (amount: string): string =>
  /^-?0+(\.0+)?$/.test(amount) ? amount : amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
