/**
 * Two reports, line by line: what changed because the amount did, and what because the rate did. Pure,
 * and exact: the two effects of a line add up to the change of its value, the lines' to the change of the sum.
 *
 *     amount effect  what the new amount is worth at the old rate, less the old value
 *     rate effect    the new value, less what the new amount is worth at the old rate
 */
import { parseDecimal } from '../../../kernel/decimal.ts';
import {
  add,
  type Currency,
  formatMoney,
  type Money,
  negate,
  parseMoney,
  subtract,
  zero,
} from '../../../kernel/money.ts';
import { pair, pairName, parseRate, type Rate } from '../../../kernel/rate.ts';
import { roleOf, signed, valueIn } from '../rules.ts';
import type { ReportBody } from './body.ts';

/** Before and after, decimal text; null where it is unknown, or the thing did not exist. */
export interface Change {
  readonly before: string | null;
  readonly after: string | null;
  readonly change: string | null;
}

export interface LineChange {
  readonly id: string;
  readonly title: string;
  readonly currency: string;
  readonly is: 'kept' | 'new' | 'gone';
  readonly amount: Change;
  /** In the currency of the reports, as it counts on its side. */
  readonly value: Change;
  readonly amountEffect: string | null;
  readonly rateEffect: string | null;
}

export interface FormulaLineChange extends LineChange {
  readonly side: 'asset' | 'liability';
}

export interface ObservedLineChange extends LineChange {
  readonly ledger: Change;
}

export interface BreakOf {
  readonly key: string;
  readonly currency: string;
  readonly amount: string;
  readonly text: string;
}

export interface Comparison {
  readonly currency: string;
  /** Whether one formula made both. */
  readonly sameBook: boolean;
  readonly rates: readonly { readonly pair: string; readonly before: string | null; readonly after: string | null }[];
  readonly assets: Change;
  readonly liabilities: Change;
  readonly difference: Change & { readonly amountEffect: string | null; readonly rateEffect: string | null };
  /** Observed assets less liabilities, at the middle rate. */
  readonly net: Change;
  readonly unexplained: Change;
  readonly lines: readonly FormulaLineChange[];
  readonly observed: readonly ObservedLineChange[];
  readonly explainedBy: readonly { readonly id: string; readonly title: string; readonly value: Change }[];
  readonly breaks: {
    readonly opened: readonly BreakOf[];
    readonly resolved: readonly BreakOf[];
    readonly changed: readonly (BreakOf & { readonly before: string })[];
  };
}

/** @throws `money.malformed`, `rate.malformed` (invalid): a report that was not written by this program */
export function compareReports(before: ReportBody, after: ReportBody): Comparison {
  const currency = after.currency;
  const effects = new Effects(before, after);
  const lines = merged(before.lines, after.lines).map(({ old, now, one }): FormulaLineChange => {
    const sign = one.sign === '+' ? 1 : -1;
    const effect = effects.of(old, now, { role: roleOf(one.side, sign), sign });
    return { ...named(one, old, now), side: one.side, ...effect };
  });
  const observed = merged(before.truth?.observed ?? [], after.truth?.observed ?? []).map(
    ({ old, now, one }): ObservedLineChange => ({
      ...named(one, old, now),
      ...effects.of(old, now, { role: 'owned', sign: 1 }),
      ledger: change(one.currency, old?.ledger_amount, now?.ledger_amount),
    }),
  );
  const value = (old: string | null | undefined, now: string | null | undefined): Change => change(currency, old, now);
  return {
    currency,
    sameBook: before.book.hash === after.book.hash,
    rates: rates(before, after),
    assets: value(before.total_assets_vnd, after.total_assets_vnd),
    liabilities: value(before.total_liabilities_vnd, after.total_liabilities_vnd),
    difference: { ...value(before.difference_vnd, after.difference_vnd), ...sumOf(currency, lines) },
    net: value(before.truth?.net_vnd, after.truth?.net_vnd),
    unexplained: value(before.truth?.unexplained_vnd, after.truth?.unexplained_vnd),
    ...{ lines, observed },
    explainedBy: pairsById(before.truth?.explained_by ?? [], after.truth?.explained_by ?? [], ({ id }) => id).map(
      ({ old, now, one }) => ({ id: one.id, title: one.title, value: value(old?.value_vnd, now?.value_vnd) }),
    ),
    breaks: breaksOf(before, after),
  };
}

interface Valued {
  readonly currency: string;
  readonly amount: string | null;
  readonly value_vnd: string | null;
}

class Effects {
  readonly #currency: string;
  readonly #before: ReadonlyMap<string, string>;

  constructor(before: ReportBody, after: ReportBody) {
    this.#currency = after.currency;
    this.#before = new Map(before.quotes.map(({ pair: name, mid }) => [name, mid]));
  }

  of(
    old: Valued | undefined,
    now: Valued | undefined,
    { role, sign }: { readonly role: 'owned' | 'owed'; readonly sign: 1 | -1 },
  ): Pick<LineChange, 'amount' | 'value' | 'amountEffect' | 'rateEffect'> {
    const code = now?.currency ?? old?.currency ?? '';
    const shared = {
      amount: change(code, old?.amount, now?.amount, old === undefined || now === undefined),
      value: change(this.#currency, old?.value_vnd, now?.value_vnd, old === undefined || now === undefined),
    };
    const total = shared.value.change;
    if (total === null) return { ...shared, amountEffect: null, rateEffect: null };
    // A line that is new or gone changed by its amount alone, as one in the reports' own currency does.
    if (old === undefined || now === undefined || code === this.#currency)
      return { ...shared, amountEffect: total, rateEffect: formatMoney(zero(currencyOf(this.#currency, total))) };
    const rate = this.#oldRate(code);
    if (rate === undefined || now.amount === null || old.value_vnd === null || now.value_vnd === null)
      return { ...shared, amountEffect: null, rateEffect: null };
    const book = currencyOf(this.#currency, old.value_vnd, now.value_vnd);
    const atOldRate = signed(valueIn(parseMoney(currencyOf(code, now.amount), now.amount), book, rate, role), sign);
    return {
      ...shared,
      amountEffect: formatMoney(subtract(atOldRate, parseMoney(book, old.value_vnd))),
      rateEffect: formatMoney(subtract(parseMoney(book, now.value_vnd), atOldRate)),
    };
  }

  #oldRate(code: string): Rate | undefined {
    const of = pair(code, this.#currency);
    const mid = this.#before.get(pairName(of));
    return mid === undefined ? undefined : parseRate(of, mid);
  }
}

/** A report writes all digits of a currency, so the text says how many it has. */
const currencyOf = (code: string, ...amounts: readonly string[]): Currency => {
  const decimals = Math.max(0, ...amounts.map((text) => parseDecimal(text)?.scale ?? 0));
  return { code, decimals, shown: decimals };
};

/** @param isPart the other report does not have it at all: then what is missing there is nothing, not unknown */
function change(
  code: string,
  before: string | null | undefined,
  after: string | null | undefined,
  isPart = false,
): Change {
  const known = [before, after].filter((text) => typeof text === 'string');
  const whole = known.length === 2 || (isPart && known.length === 1);
  const currency = currencyOf(code, ...known);
  const money = (text: string | null | undefined): Money =>
    typeof text === 'string' ? parseMoney(currency, text) : zero(currency);
  return {
    before: before ?? null,
    after: after ?? null,
    change: whole ? formatMoney(subtract(money(after), money(before))) : null,
  };
}

function sumOf(
  code: string,
  lines: readonly FormulaLineChange[],
): { readonly amountEffect: string | null; readonly rateEffect: string | null } {
  const effects = lines
    .flatMap(({ amountEffect, rateEffect }) => [amountEffect, rateEffect])
    .filter((text) => text !== null);
  const currency = currencyOf(code, ...effects);
  const total = (of: 'amountEffect' | 'rateEffect'): string | null => {
    let sum = zero(currency);
    for (const line of lines) {
      const effect = line[of];
      if (effect === null) return null;
      const amount = parseMoney(currency, effect);
      sum = add(sum, line.side === 'asset' ? amount : negate(amount));
    }
    return formatMoney(sum);
  };
  return { amountEffect: total('amountEffect'), rateEffect: total('rateEffect') };
}

interface Both<T> {
  readonly old: T | undefined;
  readonly now: T | undefined;
  /** Whichever there is; the newer, where there are both. */
  readonly one: T;
}

/** Those of the newer report in its order, then those that are gone. */
function pairsById<T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string): readonly Both<T>[] {
  const old = new Map(before.map((one) => [keyOf(one), one]));
  const kept = new Set(after.map(keyOf));
  return [
    ...after.map((now) => ({ old: old.get(keyOf(now)), now, one: now })),
    ...before.filter((one) => !kept.has(keyOf(one))).map((one) => ({ old: one, now: undefined, one })),
  ];
}

/** A line of another currency, side or sign than before is another line. */
const merged = <
  T extends { readonly id: string; readonly currency: string; readonly side?: string; readonly sign?: string },
>(
  before: readonly T[],
  after: readonly T[],
): readonly Both<T>[] =>
  pairsById(before, after, ({ id, currency, side = '', sign = '' }) => `${id} ${currency} ${side} ${sign}`);

const named = (
  { id, title, currency }: { readonly id: string; readonly title: string; readonly currency: string },
  old: unknown,
  now: unknown,
): Pick<LineChange, 'id' | 'title' | 'currency' | 'is'> => ({
  ...{ id, title, currency },
  is: old === undefined ? 'new' : now === undefined ? 'gone' : 'kept',
});

const rates = (before: ReportBody, after: ReportBody): Comparison['rates'] =>
  pairsById(before.quotes, after.quotes, ({ pair: name }) => name).map(({ old, now, one }) => ({
    pair: one.pair,
    before: old?.mid ?? null,
    after: now?.mid ?? null,
  }));

function breaksOf(before: ReportBody, after: ReportBody): Comparison['breaks'] {
  const all = pairsById(
    before.truth?.breaks ?? [],
    after.truth?.breaks ?? [],
    ({ key, currency }) => `${currency} ${key}`,
  );
  return {
    opened: all.filter(({ old }) => old === undefined).map(({ one }) => one),
    resolved: all.filter(({ now }) => now === undefined).map(({ one }) => one),
    changed: all.flatMap(({ old, now }) =>
      old === undefined || now === undefined || old.amount === now.amount ? [] : [{ ...now, before: old.amount }],
    ),
  };
}
