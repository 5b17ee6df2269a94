/** The truth as it is stored and served, and where it parts from the specification's verdict. */
import { formatInZone } from '../../kernel/business-date.ts';
import type { Json } from '../../kernel/canonical.ts';
import { add, displayMoney, formatMoney, type Money, negate, subtract, zero } from '../../kernel/money.ts';
import type { Book } from './book.ts';
import { signed, type Verdict } from './rules.ts';
import type { ObservedAsset, TransitItem, TruthOutcome } from './truth.ts';

const text = (amount: Money | undefined): string | null => (amount === undefined ? null : formatMoney(amount));

export function truthToJson(book: Book, { observed, inTransit, explaining, verdict }: TruthOutcome): Json {
  const known = verdict.kind === 'known' ? verdict : undefined;
  return {
    solvent: known?.solvent ?? null,
    explained: known?.explained ?? null,
    net_low_vnd: text(known?.net.low),
    net_vnd: text(known?.net.mid),
    net_high_vnd: text(known?.net.high),
    explained_vnd: text(known?.explainedBy),
    unexplained_vnd: text(known?.unexplained),
    observed: observed.map(({ line, amount, ledger, gap, value }) => ({
      ...{ id: line.id, title: line.title, note: line.note, currency: line.currency.code },
      ...{ amount: text(amount), ledger_amount: text(ledger), difference: text(gap) },
      tolerance: formatMoney(book.nativeTolerance(line.currency)),
      ...{ low_vnd: text(value?.low), value_vnd: text(value?.mid), high_vnd: text(value?.high) },
    })),
    in_transit: inTransit.map(({ line, item, value, late }) => ({
      ...{ line: line.id, title: line.title, side: line.side, id: item.id },
      ...{ amount: formatMoney(item.amount), currency: line.currency.code, value_vnd: formatMoney(value) },
      ...{ since: formatInZone(item.since, book.zone), late },
    })),
    explained_by: explaining.map(({ line, value }) => ({
      ...{ id: line.id, title: line.title, note: line.note, value_vnd: text(value) },
    })),
    breaks: (known?.breaks ?? []).map(({ key, kind, amount, text: sentence }) => ({
      ...{ key, kind, currency: amount.currency.code, amount: formatMoney(amount), text: sentence },
    })),
    unknown: verdict.kind === 'unknown' ? verdict.reasons : [],
  };
}

/**
 * What the truth says in sentences, and line by line what the specification's formula counts otherwise.
 * @param formula the formula's asset lines by id, in the book's currency
 */
export function explainTruth(
  book: Book,
  outcome: TruthOutcome,
  verdict: Verdict,
  formula: ReadonlyMap<string, Money>,
): readonly string[] {
  const { verdict: truth } = outcome;
  if (truth.kind === 'unknown') return [];
  const shown = (amount: Money): string => `${displayMoney(amount)} ${amount.currency.code}`;
  const { net } = truth;
  const sentences = [
    `${truth.solvent ? 'Solvent' : 'Not solvent'}: what is observed less what is owed is ${shown(net.mid)}, ${shown(net.low)} at what the assets would surely bring.`,
    truth.explained
      ? `Explained: what the books say was put in, earned and spent comes to ${shown(truth.explainedBy)}.`
      : `Not explained: the books say ${shown(truth.explainedBy)}, so ${shown(truth.unexplained)} has no explanation.`,
    ...truth.breaks.filter(({ kind }) => kind !== 'unexplained').map((each) => `Break: ${each.text}.`),
  ];
  if (verdict.kind !== 'final') return sentences;
  const apart = subtract(verdict.difference, net.mid);
  if (apart.minor === 0n) return sentences;
  return [
    ...sentences,
    `The specification's formula says ${shown(verdict.difference)}, ${shown(apart)} apart from the truth:`,
    ...contributions(book, outcome, formula).map(([what, amount]) => `  ${what}: ${shown(amount)}`),
  ];
}

/** What adds up to the formula's difference less the net; lines of one id stand for one thing. */
function contributions(
  book: Book,
  { observed, inTransit }: TruthOutcome,
  formula: ReadonlyMap<string, Money>,
): readonly (readonly [string, Money])[] {
  const seen = new Map(observed.flatMap(({ line, value }) => (value === undefined ? [] : [[line.id, value.mid]])));
  const counted = [...formula].map(([id, amount]): readonly [string, Money] => {
    const truth = seen.get(id);
    return truth === undefined
      ? [`${id}, counted by the formula alone`, amount]
      : [`${id}, which the formula values otherwise than it is observed`, subtract(amount, truth)];
  });
  const uncounted = observed.flatMap(({ line, value }: ObservedAsset): readonly (readonly [string, Money])[] =>
    formula.has(line.id) || value === undefined
      ? []
      : [[`${line.id}, which the formula leaves out`, negate(value.mid)]],
  );
  const transit = inTransit
    .filter(({ line, late }: TransitItem) => line.side === 'liability' || !late)
    .reduce((sum, { line, value }) => add(sum, signed(value, line.side === 'asset' ? -1 : 1)), zero(book.currency));
  return [
    ...counted,
    ...uncounted,
    ...(transit.minor === 0n ? [] : [['in transit, which the formula leaves out', transit] as const]),
  ].filter(([, amount]) => amount.minor !== 0n);
}
