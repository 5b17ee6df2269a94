/** Sums of what went in and of what became of it, by currency, and the proof that they are the same. */
import type { Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { formatMoney, type Money } from '../../../kernel/money.ts';
import type { Board } from './board.ts';
import type { Side } from './lines.ts';
import { Sums } from './sums.ts';

export interface Tally {
  readonly lines: number;
  readonly sum: Money;
}

export interface SideTotals {
  readonly all: Tally;
  readonly matched: Tally;
  readonly ambiguous: Tally;
  readonly unmatched: Tally;
}

export interface CurrencyTotals {
  readonly currency: string;
  readonly external: SideTotals;
  readonly ledger: SideTotals;
  /** Of all matches together: matched statement less matched ledger. */
  readonly difference: Money;
}

interface Count {
  readonly lines: number;
  readonly sum: bigint;
}

type Outcome = 'all' | 'matched' | 'ambiguous' | 'unmatched';
/** By outcome: which place of a currency's it is counted in. */
const PLACE_OF: Readonly<Record<Outcome, number>> = { all: 0, matched: 1, ambiguous: 2, unmatched: 3 };
const PLACES = 4;
const OUTCOMES = ['matched', 'ambiguous', 'unmatched'] as const;

/**
 * Counts once more, from the lines themselves, whatever the rules believe to have done.
 * @throws `matching.not_reconciled` (integrity)
 */
export function totalsOf(board: Board): readonly CurrencyTotals[] {
  const sides = { external: countsOf(board, 'external'), ledger: countsOf(board, 'ledger') };
  const inMatches = differences(board);
  return board.dictionary.amounts.currencies
    .map((currency, at): CurrencyTotals => {
      const shown = ({ lines, sum }: Count): Tally => ({ lines, sum: { currency, minor: sum } });
      const totals = (side: Side): SideTotals => {
        const of = (outcome: Outcome): Count => sides[side](at, outcome);
        const parts = OUTCOMES.map(of);
        const lines = parts.reduce((total, each) => total + each.lines, 0);
        const sum = parts.reduce((total, each) => total + each.sum, 0n);
        if (lines !== of('all').lines || sum !== of('all').sum) {
          throw notReconciled(`the ${side} lines in ${currency.code} are ${lines} of ${of('all').lines}`);
        }
        return {
          all: shown(of('all')),
          matched: shown(of('matched')),
          ambiguous: shown(of('ambiguous')),
          unmatched: shown(of('unmatched')),
        };
      };
      const [external, ledger] = [totals('external'), totals('ledger')];
      const difference = external.matched.sum.minor - ledger.matched.sum.minor;
      if (difference !== (inMatches[at] ?? 0n))
        throw notReconciled(`the matches in ${currency.code} differ by another sum`);
      return { currency: currency.code, external, ledger, difference: { currency, minor: difference } };
    })
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** By number of the currency. */
function countsOf(board: Board, side: Side): (currency: number, outcome: Outcome) => Count {
  const { amounts } = board.dictionary;
  const places = PLACES * amounts.currencies.length;
  const [lines, sums] = [new Float64Array(places), new Sums(amounts, places)];
  const count = (place: number, amount: number): void => {
    lines[place] = (lines[place] ?? 0) + 1;
    sums.add(place, amount);
  };
  const { amounts: numbers, size } = board.lines(side);
  for (let line = 0; line < size; line += 1) {
    const amount = numbers[line] ?? 0;
    const first = PLACES * amounts.currencyOf(amount);
    const matched = board.matchOf(side, line) !== undefined;
    const outcome = matched ? 'matched' : board.isHeld(side, line) ? 'ambiguous' : 'unmatched';
    count(first + PLACE_OF.all, amount);
    count(first + PLACE_OF[outcome], amount);
  }
  return (currency, outcome) => {
    const place = PLACES * currency + PLACE_OF[outcome];
    return { lines: lines[place] ?? 0, sum: sums.of(place) };
  };
}

const NO_CURRENCY = -1;

/** By currency: what the matches differ by. Each is of one currency, has both sides, and keeps to its rule's tolerance. */
function differences(board: Board): readonly bigint[] {
  const { amounts } = board.dictionary;
  const sums = new Sums(amounts, board.rules.length);
  const currencies = new Int32Array(board.rules.length).fill(NO_CURRENCY);
  const sidesOf = new Uint8Array(board.rules.length);
  for (const side of ['external', 'ledger'] as const) {
    const { amounts: numbers, size } = board.lines(side);
    for (let line = 0; line < size; line += 1) {
      const match = board.matchOf(side, line);
      if (match === undefined) continue;
      const amount = numbers[line] ?? 0;
      const currency = amounts.currencyOf(amount);
      if (currencies[match] !== NO_CURRENCY && currencies[match] !== currency) {
        throw notReconciled('a match has two currencies');
      }
      currencies[match] = currency;
      sidesOf[match] = (sidesOf[match] ?? 0) | (side === 'external' ? 1 : 2);
      if (side === 'external') sums.add(match, amount);
      else sums.subtract(match, amount);
    }
  }
  const byCurrency = amounts.currencies.map(() => 0n);
  for (let match = 0; match < board.rules.length; match += 1) {
    if (sidesOf[match] !== 3) throw notReconciled('a match has one side alone');
    if (sums.isZero(match)) continue;
    const difference = sums.of(match);
    const currency = currencies[match] ?? NO_CURRENCY;
    const rule = board.policy.rules[board.rules[match] ?? 0];
    const within = rule?.tolerance.get(amounts.currencies[currency]?.code ?? '') ?? 0n;
    if (difference > within || difference < -within)
      throw notReconciled(`a match of ${rule?.id} is beyond its tolerance`);
    byCurrency[currency] = (byCurrency[currency] ?? 0n) + difference;
  }
  return byCurrency;
}

const notReconciled = (what: string): PlumblineError =>
  new PlumblineError('integrity', 'matching.not_reconciled', `what was matched is not what was given: ${what}`);

export const totalsToJson = (totals: readonly CurrencyTotals[]): readonly Json[] =>
  totals.map(({ currency, external, ledger, difference }) => ({
    currency,
    external: sideToJson(external),
    ledger: sideToJson(ledger),
    difference: formatMoney(difference),
  }));

const sideToJson = ({ all, matched, ambiguous, unmatched }: SideTotals): Json => ({
  all: tallyToJson(all),
  matched: tallyToJson(matched),
  ambiguous: tallyToJson(ambiguous),
  unmatched: tallyToJson(unmatched),
});

const tallyToJson = ({ lines, sum }: Tally): Json => ({ lines, sum: formatMoney(sum) });
