/**
 * What a report does to the breaks that were known before it: pure.
 *
 *     open --> accepted --> open again, when it grows beyond what was accepted or its time is over
 *       \         \
 *        `---------`--> resolved, by the first later report that does not find it
 */
import { compareDecimal, type Decimal, parseDecimal } from '../../../kernel/decimal.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Id } from '../../../kernel/ids.ts';
import { formatMoney } from '../../../kernel/money.ts';
import type { Book } from '../book.ts';
import type { Break } from '../truth.ts';

export type BreakId = Id<'break'>;

/** A break as a report found it, with where to look for what moved. */
export interface FoundBreak {
  readonly key: string;
  readonly kind: Break['kind'];
  /** The book's line; undefined: the book as a whole. */
  readonly line: string | undefined;
  /** The ledger's account of it. */
  readonly account: string | undefined;
  readonly currency: string;
  /** Decimal text. */
  readonly amount: string;
  readonly text: string;
}

/** A break that an earlier report found. Instants are epoch milliseconds, amounts decimal text. */
export interface KnownBreak {
  readonly id: BreakId;
  readonly key: string;
  readonly currency: string;
  readonly amount: string;
  readonly firstAsOf: number;
  readonly lastAsOf: number;
  readonly status:
    | { readonly kind: 'open' }
    | { readonly kind: 'accepted'; readonly upTo: string; readonly until: number | undefined }
    | { readonly kind: 'resolved'; readonly asOf: number };
}

export type BreakChange =
  | { readonly kind: 'opened'; readonly found: FoundBreak }
  /** Found again; `reopened` says why an acceptance holds no more. */
  | {
      readonly kind: 'seen';
      readonly id: BreakId;
      readonly found: FoundBreak;
      readonly changed: boolean;
      readonly reopened: string | undefined;
    }
  /** `amount` is the last that was known of it. */
  | { readonly kind: 'resolved'; readonly id: BreakId; readonly amount: string }
  /** A report of an earlier instant has it, too, and the next report after that instant is the one that opened it. */
  | { readonly kind: 'seen_earlier'; readonly id: BreakId; readonly found: FoundBreak }
  /** It was there, and a report of a later instant does not have it. */
  | { readonly kind: 'past'; readonly found: FoundBreak };

/** The breaks of a verdict, with the line of the book and the account of the ledger that each is about. */
export function foundBreaks(book: Book, breaks: readonly Break[]): readonly FoundBreak[] {
  const { observed, inTransit } = book.truth ?? { observed: [], inTransit: [] };
  return breaks.map(({ key, kind, amount, text }) => {
    // A key is the kind, the line and, for an item, its id; ids of lines have no slash.
    const line = kind === 'unexplained' ? undefined : key.split('/')[1];
    const of = kind === 'late' ? inTransit.find(({ id }) => id === line)?.of : line;
    const account = observed.find(({ id }) => id === of)?.account;
    return { key, kind, line, account, currency: amount.currency.code, amount: formatMoney(amount), text };
  });
}

/**
 * What the newest report changes.
 * @param live the breaks that are open or accepted
 * @param now epoch milliseconds, for acceptances that end
 */
export function changesOf(
  live: readonly KnownBreak[],
  found: readonly FoundBreak[],
  now: number,
): readonly BreakChange[] {
  const before = new Map(live.map((known) => [factOf(known), known]));
  const after = new Set(found.map(factOf));
  return [
    ...live
      .filter((known) => !after.has(factOf(known)))
      .map(({ id, amount }): BreakChange => ({ kind: 'resolved', id, amount })),
    ...found.map((each): BreakChange => {
      const known = before.get(factOf(each));
      if (known === undefined) return { kind: 'opened', found: each };
      const changed = compareDecimal(decimal(known.amount), decimal(each.amount)) !== 0;
      return { kind: 'seen', id: known.id, found: each, changed, reopened: whyReopened(known, each, now) };
    }),
  ];
}

/**
 * What a report changes that speaks of an earlier instant than another has spoken of already: it resolves
 * nothing and opens nothing anew, it only adds to what is known of the past.
 * @param known the breaks of the same facts, live or resolved after that instant
 * @param asOf the report's instant, `next` that of the first report after it; epoch milliseconds
 */
export function lateChangesOf(
  known: readonly KnownBreak[],
  found: readonly FoundBreak[],
  { asOf, next }: { readonly asOf: number; readonly next: number },
): readonly BreakChange[] {
  return found.flatMap((each): readonly BreakChange[] => {
    const same = known.filter((one) => factOf(one) === factOf(each));
    const covers = ({ firstAsOf, status }: KnownBreak): boolean =>
      firstAsOf <= asOf && (status.kind !== 'resolved' || asOf < status.asOf);
    if (same.some(covers)) return [];
    const continued = same.find(({ status, firstAsOf }) => status.kind !== 'resolved' && firstAsOf <= next);
    return [continued ? { kind: 'seen_earlier', id: continued.id, found: each } : { kind: 'past', found: each }];
  });
}

/** Whether an acceptance from nothing up to `upTo` holds for the amount; both decimal text. */
export function isWithin(amount: string, upTo: string): boolean {
  const [is, most] = [decimal(amount), decimal(upTo)];
  return most.units < 0n
    ? is.units <= 0n && compareDecimal(is, most) >= 0
    : is.units >= 0n && compareDecimal(is, most) <= 0;
}

/** A currency that a line has no more is another fact. */
const factOf = ({ key, currency }: { readonly key: string; readonly currency: string }): string => `${currency} ${key}`;

function whyReopened({ status }: KnownBreak, { amount }: FoundBreak, now: number): string | undefined {
  if (status.kind !== 'accepted') return undefined;
  if (!isWithin(amount, status.upTo)) return `${amount} is beyond the ${status.upTo} that was accepted`;
  if (status.until !== undefined && status.until <= now)
    return `it was accepted until ${new Date(status.until).toISOString()}`;
  return undefined;
}

/** Amounts come from reports and from `numeric` columns. @throws `breaks.amount_malformed` (internal) */
function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === undefined)
    throw new PlumblineError('internal', 'breaks.amount_malformed', `"${text.slice(0, 80)}" is no decimal`);
  return value;
}
