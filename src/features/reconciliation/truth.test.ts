import { describe, expect, test } from 'vitest';
import { parseBusinessDate } from '../../kernel/business-date.ts';
import { type Currency, DEFAULT_CURRENCIES, formatMoney, type Money, parseMoney } from '../../kernel/money.ts';
import { pair, parseRate } from '../../kernel/rate.ts';
import { parseBook } from './book.ts';
import type { Observation, QuoteOutcome } from './observe.ts';
import type { ItemsReading, Reading } from './ports.ts';
import { judgeTruth, type TruthOutcome } from './truth.ts';

const CUT = Date.parse('2026-11-23T17:00:00Z');
const MINUTE = 60_000;
const VND = DEFAULT_CURRENCIES.get('VND');
const USDT = DEFAULT_CURRENCIES.get('USDT');

const bookWith = (more: object = {}) => {
  const line = (id: string, of: object = {}) => ({ id, title: id, currency: 'VND', sql: 'SELECT 0 AS amount', ...of });
  return parseBook(
    JSON.stringify({
      ...{ book: 'test', version: 1, currency: 'VND', zone: 'Asia/Ho_Chi_Minh', tolerance: '1000.00' },
      assets: [line('pool')],
      liabilities: [line('owed')],
      observed: [
        line('bank', { ledger: 'SELECT 0 AS amount' }),
        line('tron', { currency: 'USDT', ledger: 'SELECT 0 AS amount' }),
        line('bsc', { currency: 'USDT', ledger: 'SELECT 0 AS amount' }),
      ],
      in_transit: [
        line('paid', { side: 'asset', of: 'bank', grace_minutes: 30 }),
        line('unpaid', { side: 'liability', of: 'bank', grace_minutes: 30 }),
        line('refunds', { side: 'liability', of: 'tron', currency: 'USDT', grace_minutes: 30 }),
      ],
      explained_by: [
        { id: 'capital', title: 'capital', sql: 'SELECT 0 AS amount' },
        { id: 'expenses', title: 'expenses', sign: '-', sql: 'SELECT 0 AS amount' },
        { id: 'revaluation', title: 'revaluation', revalues: 'USDT', cost: 'SELECT 0 AS amount' },
      ],
      ...more,
    }),
    'test',
  );
};

/** Decimal texts; an absent one is 0, `null` could not be read. */
interface Seen {
  readonly observed?: Readonly<Record<string, string | null>>;
  readonly ledger?: Readonly<Record<string, string | null>>;
  readonly explained?: Readonly<Record<string, string | null>>;
  /** Minutes before the cut, by item. */
  readonly transit?: Readonly<
    Record<string, readonly (readonly [id: string, amount: string, minutes: number])[] | null>
  >;
  readonly rate?: readonly [bid: string, mid: string, ask: string] | null;
}

function observationOf({ rate = ['26000', '26000', '26000'], ...seen }: Seen): Observation {
  const currencyOf = (id: string): Currency => (['tron', 'bsc', 'refunds'].includes(id) ? USDT : VND);
  const read = (ids: readonly string[], texts: Seen['observed'] = {}): ReadonlyMap<string, Reading> =>
    new Map(
      ids.map((id): [string, Reading] => {
        const text = texts[id] === undefined ? '0' : texts[id];
        return text === null
          ? [id, { kind: 'unreadable', reason: 'no answer in time' }]
          : [id, { kind: 'read', amount: parseMoney(currencyOf(id), text), evidence: {} }];
      }),
    );
  const of = pair('USDT', 'VND');
  const quote: QuoteOutcome =
    rate === null
      ? { kind: 'none', reason: 'every source failed' }
      : {
          kind: 'quote',
          quote: {
            ...{ quoteId: 'q', pair: of, asOf: CUT, ageMs: 0, level: 'fresh', basis: 'fixed', sources: [] },
            ...{ bid: parseRate(of, rate[0]), mid: parseRate(of, rate[1]), ask: parseRate(of, rate[2]) },
          },
        };
  const items = ['paid', 'unpaid', 'refunds'].map((id): [string, ItemsReading] => {
    const listed = seen.transit?.[id];
    return listed === null
      ? [id, { kind: 'unreadable', reason: 'no answer in time' }]
      : [
          id,
          {
            kind: 'items',
            items: (listed ?? []).map(([item, amount, minutes]) => ({
              id: item,
              amount: parseMoney(currencyOf(id), amount),
              since: CUT - minutes * MINUTE,
            })),
          },
        ];
  });
  return {
    ...{ businessDate: parseBusinessDate('2026-11-23'), observedAt: CUT, snapshot: '1:1:', database: 'none' },
    asOf: { basis: 'cut', instant: CUT, notAtCut: [] },
    lines: new Map(),
    observed: read(['bank', 'tron', 'bsc'], seen.observed),
    ledger: read(['bank', 'tron', 'bsc'], seen.ledger),
    inTransit: new Map(items),
    explainedBy: read(['capital', 'expenses', 'revaluation'], seen.explained),
    quotes: new Map([['USDT', quote]]),
  };
}

const vnd = (text: string): Money => parseMoney(VND, text);

function judged(seen: Seen, owed: string, more: object = {}): TruthOutcome {
  const outcome = judgeTruth(bookWith(more), observationOf(seen), vnd(owed));
  if (outcome === undefined) throw new Error('the book names nothing that is observed');
  return outcome;
}

function known(seen: Seen, owed: string, more: object = {}) {
  const { verdict } = judged(seen, owed, more);
  if (verdict.kind !== 'known') throw new Error(verdict.reasons.join('; '));
  return {
    ...{ low: formatMoney(verdict.net.low), mid: formatMoney(verdict.net.mid), high: formatMoney(verdict.net.high) },
    ...{ solvent: verdict.solvent, explained: verdict.explained, unexplained: formatMoney(verdict.unexplained) },
    breaks: verdict.breaks.map(({ key, amount }) => `${key} ${formatMoney(amount)} ${amount.currency.code}`),
  };
}

const reasons = (seen: Seen, owed: string, more: object = {}): readonly string[] => {
  const { verdict } = judged(seen, owed, more);
  return verdict.kind === 'unknown' ? verdict.reasons : [];
};

test('one payment with a fee of one per cent leaves the fee, once', () => {
  const seen: Seen = {
    observed: { tron: '100' },
    ledger: { tron: '100' },
    explained: { capital: '26000', revaluation: '2600000' },
  };
  expect(known(seen, '2574000')).toEqual({
    ...{ low: '26000.00', mid: '26000.00', high: '26000.00', solvent: true, explained: true, unexplained: '0.00' },
    breaks: [],
  });
});

test('a book that names nothing that is observed has no truth', () => {
  const book = bookWith({ observed: [], in_transit: [], explained_by: [] });
  expect(judgeTruth(book, observationOf({}), vnd('1'))).toBeUndefined();
});

describe('native units', () => {
  test('a gain in one wallet does not hide a loss in another', () => {
    const seen: Seen = {
      observed: { tron: '60', bsc: '140' },
      ledger: { tron: '100', bsc: '100' },
      explained: { revaluation: '5200000' },
    };
    expect(known(seen, '5200000')).toMatchObject({
      ...{ mid: '0.00', solvent: true, explained: true, unexplained: '0.00' },
      breaks: ['native/tron -40.000000000000000000 USDT', 'native/bsc 40.000000000000000000 USDT'],
    });
  });

  test('a loss below the tolerance in dong is a break all the same', () => {
    const seen: Seen = {
      observed: { tron: '99.99' },
      ledger: { tron: '100' },
      explained: { revaluation: '2600000' },
    };
    expect(known(seen, '2600000')).toMatchObject({
      ...{ unexplained: '-260.00', solvent: true, explained: true },
      breaks: ['native/tron -0.010000000000000000 USDT'],
    });
  });

  test.each([
    ['1000.00', []],
    ['1000.01', ['native/bank -1000.01 VND', 'unexplained -1000.01 VND']],
  ])('%s VND less than the ledger says', (missing, breaks) => {
    const observed = formatMoney({ currency: VND, minor: vnd('5000000').minor - vnd(missing).minor });
    const seen: Seen = { observed: { bank: observed }, ledger: { bank: '5000000' } };
    expect(known(seen, '5000000').breaks).toEqual(breaks);
  });

  test('a tolerance of its own for a currency', () => {
    const seen: Seen = { observed: { tron: '99.99' }, ledger: { tron: '100' }, explained: { revaluation: '2600000' } };
    expect(known(seen, '2600000', { tolerances: { USDT: '0.01' } }).breaks).toEqual([]);
    expect(known(seen, '2600000', { tolerances: { USDT: '0.009' } }).breaks).toHaveLength(1);
  });

  test('an amount in another unit is not believed, and is named', () => {
    const seen = (tron: string): Seen => ({ observed: { tron }, ledger: { tron: '100' } });
    expect(reasons(seen('100000000'), '1')).toEqual([
      'tron: 100000000.000000000000000000 USDT is 1000 times what the ledger says (100.000000000000000000) or more; is it in another unit?',
    ]);
    expect(reasons(seen('99999.999999'), '1')).toEqual([]);
    expect(reasons(seen('100000'), '1')).toHaveLength(1);
    // What anybody could send for a joke is believed: 30 USDT where the ledger has 0.01.
    expect(reasons({ observed: { tron: '30' }, ledger: { tron: '0.01' } }, '1')).toEqual([]);
  });
});

describe('in transit', () => {
  const bankWith = (bank: string, transit: Seen['transit']): Seen => ({
    observed: { bank },
    ledger: { bank: '1000000' },
    ...(transit === undefined ? {} : { transit }),
  });

  test('what the bank has paid and the ledger has not is still there', () => {
    const seen = bankWith('600000', {
      paid: [
        ['p1', '250000', 5],
        ['p2', '150000', 30],
      ],
    });
    expect(known(seen, '1000000')).toMatchObject({ mid: '0.00', solvent: true, unexplained: '0.00', breaks: [] });
  });

  test('what the ledger has paid and the bank has not is there no more', () => {
    const seen = bankWith('1400000', { unpaid: [['p1', '400000', 30]] });
    expect(known(seen, '1000000')).toMatchObject({ mid: '0.00', solvent: true, unexplained: '0.00', breaks: [] });
  });

  test('later than its grace, an item that we wait for counts no more', () => {
    const seen = bankWith('600000', { paid: [['p1', '400000', 30.001]] });
    expect(known(seen, '1000000')).toMatchObject({
      ...{ mid: '-400000.00', solvent: false, explained: false },
      breaks: ['native/bank -400000.00 VND', 'late/paid/p1 400000.00 VND', 'unexplained -400000.00 VND'],
    });
  });

  test('later than its grace, an item that others wait for still counts', () => {
    const seen = bankWith('1400000', { unpaid: [['p1', '400000', 31]] });
    expect(known(seen, '1000000')).toMatchObject({
      ...{ mid: '0.00', solvent: true, explained: true, unexplained: '0.00' },
      breaks: ['native/bank 400000.00 VND', 'late/unpaid/p1 -400000.00 VND'],
    });
  });

  test('foreign currency under way leaves nothing over, however it rounds', () => {
    const seen: Seen = {
      observed: { tron: '10.333333' },
      ledger: { tron: '7' },
      transit: {
        refunds: [
          ['r1', '1.111111', 1],
          ['r2', '2.222222', 2],
        ],
      },
      explained: { revaluation: '181539.52' },
      rate: ['25934.21778743', '25934.21778743', '25934.21778743'],
    };
    expect(known(seen, '181539.52')).toMatchObject({ unexplained: '0.00', breaks: [] });
  });
});

describe('value', () => {
  const seen = (rate: Seen['rate'] & object, explained: Seen['explained'] = {}): Seen => ({
    ...{ observed: { tron: '100' }, ledger: { tron: '100' }, rate, explained },
  });

  test('the holding is worth more than it cost: revaluation explains it', () => {
    const verdict = known(seen(['27000', '27000', '27000'], { revaluation: '2600000' }), '2600000');
    expect(verdict).toMatchObject({ mid: '100000.00', explained: true, unexplained: '0.00' });
  });

  test('low at the bid less the haircut, high at the ask, each against the house', () => {
    const more = { haircut_bps: 50 };
    expect(known(seen(['25900', '26000', '26100.000055']), '2500000', more)).toMatchObject({
      ...{ low: '77050.00', mid: '100000.00', high: '110000.00', solvent: true },
    });
  });

  test.each([
    ['25990', 'at the tolerance', true],
    ['25989.9999', 'a hundredth of a dong below', false],
  ])('solvent is judged at the low: bid %s, %s', (bid, _where, solvent) => {
    expect(known(seen([bid, '26000', '26010']), '2600000')).toMatchObject({ mid: '0.00', solvent });
  });

  test.each([
    ['1000.00', true],
    ['1000.01', false],
    ['-1000.00', true],
    ['-1000.01', false],
  ])('%s VND unexplained: explained %s', (over, explained) => {
    const bank = formatMoney({ currency: VND, minor: vnd('5000000').minor + vnd(over).minor });
    const verdict = known({ observed: { bank }, ledger: { bank } }, '5000000');
    expect(verdict).toMatchObject({ unexplained: over, explained });
    expect(verdict.breaks).toEqual(explained ? [] : [`unexplained ${over} VND`]);
  });

  test('expenses take away', () => {
    const at: Seen = {
      observed: { bank: '900' },
      ledger: { bank: '900' },
      explained: { capital: '1000', expenses: '100' },
    };
    expect(known(at, '0', { tolerance: '0' })).toMatchObject({ unexplained: '0.00', explained: true });
  });
});

describe('unknown', () => {
  test.each<[string, Seen, string]>([
    ['an observed amount', { observed: { bank: null } }, 'bank: no answer in time'],
    ['what the ledger says', { ledger: { tron: null } }, 'tron, ledger: no answer in time'],
    ['items in transit', { transit: { paid: null } }, 'paid: no answer in time'],
    ['what explains', { explained: { capital: null } }, 'capital: no answer in time'],
    ['a rate', { rate: null }, 'tron: no rate for USDT/VND'],
  ])('%s that cannot be read leaves no verdict', (_what, seen, reason) => {
    expect(reasons(seen, '1')).toContain(reason);
  });

  test('liabilities that are unknown leave no verdict', () => {
    const outcome = judgeTruth(bookWith(), observationOf({}), undefined);
    expect(outcome?.verdict).toEqual({ kind: 'unknown', reasons: ['liabilities: unknown'] });
  });

  test('nobody is owed anything, and the books do not know whose it is: the balances are gone', () => {
    const seen: Seen = { observed: { bank: '5000000' }, ledger: { bank: '5000000' } };
    expect(reasons(seen, '0')).toEqual([
      'liabilities: read as zero, while 5000000.00 VND is explained by nothing in the books; are the balances gone?',
    ]);
    expect(reasons({ ...seen, explained: { capital: '5000000' } }, '0')).toEqual([]);
    // A deposit that nobody has credited yet is a break, and no doubt about the balances.
    expect(reasons({ observed: { bank: '5000000' } }, '0')).toEqual([]);
  });

  test('a currency is revalued only where the ledger tells all of it', () => {
    const observed = ['bank', 'tron', 'bsc'].map((id) => ({
      ...{ id, title: id, sql: 'SELECT 0 AS amount', currency: id === 'bank' ? 'VND' : 'USDT' },
      ...(id === 'bsc' ? {} : { ledger: 'SELECT 0 AS amount' }),
    }));
    expect(reasons({}, '1', { observed })).toEqual(['revaluation: needs what the ledger says of each observed USDT']);
  });
});
