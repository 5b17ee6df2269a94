import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BusinessDate, parseBusinessDate } from '../../../kernel/business-date.ts';
import { DEFAULT_CURRENCIES, parseMoney } from '../../../kernel/money.ts';
import type { StatementLine } from '../sources/statement.ts';
import type { LedgerLine } from './lines.ts';
import { matchStatement } from './matcher.ts';
import { policyOf } from './policy.ts';
import type { Result } from './result.ts';

const day = (number: number): BusinessDate => parseBusinessDate(`2026-11-${String(number).padStart(2, '0')}`);

interface Draft {
  readonly id: string;
  readonly day?: number;
  readonly amount: string;
  readonly currency?: string;
  readonly reference?: string;
  readonly counterparty?: string;
  readonly batch?: string;
}

const line = (draft: Draft): StatementLine & LedgerLine => ({
  id: draft.id,
  bookedOn: day(draft.day ?? 2),
  amount: parseMoney(DEFAULT_CURRENCIES.get(draft.currency ?? 'VND'), draft.amount),
  reference: draft.reference ?? '',
  counterparty: draft.counterparty ?? '',
  batch: draft.batch,
});

const policy = (rules: readonly object[], more: object = {}) =>
  policyOf({ policy: 'test', version: 1, zone: 'Asia/Ho_Chi_Minh', rules, ...more }, 'test');

const match = (external: readonly Draft[], ledger: readonly Draft[], rules: readonly object[], more: object = {}) =>
  matchStatement({ external: external.map(line), ledger: ledger.map(line), policy: policy(rules, more) });

const shape = (result: Result) => ({
  matches: [...result.matches()].map(
    (each) => `${each.external.map(({ id }) => id).join('+')}=${each.ledger.map(({ id }) => id).join('+')}`,
  ),
  ambiguous: [...result.ambiguous()].map(
    (each) => `${each.external.map(({ id }) => id).join('+')}?${each.ledger.map(({ id }) => id).join('+')}`,
  ),
  external: [...result.unmatched('external')].map(({ id }) => id),
  ledger: [...result.unmatched('ledger')].map(({ id }) => id),
});

const BY_REFERENCE = { id: 'reference', kind: '1:1' };
const BY_AMOUNT = { id: 'amount', kind: '1:1', reference: 'any' };

describe('one line against one', () => {
  test('by equal reference and exact amount; what is left is listed on both sides', async () => {
    const result = await match(
      [
        { id: 'e1', amount: '100', reference: 'PL-1' },
        { id: 'e2', amount: '200', reference: 'PL-2' },
        { id: 'e3', amount: '300', reference: 'PL-3' },
      ],
      [
        { id: 'l1', amount: '100', reference: 'pl 1' },
        { id: 'l2', amount: '200.01', reference: 'PL-2' },
        { id: 'l4', amount: '300', reference: 'PL-4' },
      ],
      [BY_REFERENCE],
    );
    expect(shape(result)).toEqual({ matches: ['e1=l1'], ambiguous: [], external: ['e2', 'e3'], ledger: ['l2', 'l4'] });
    expect(result.complete).toBe(false);
  });

  test('one line never matches two payments, and two lines never one', async () => {
    const twoForOne = await match(
      [
        { id: 'e1', amount: '100', reference: 'A1' },
        { id: 'e2', amount: '100', reference: 'A1' },
      ],
      [{ id: 'l1', amount: '100', reference: 'A1' }],
      [BY_REFERENCE],
    );
    expect(shape(twoForOne)).toEqual({ matches: [], ambiguous: ['e1+e2?l1'], external: [], ledger: [] });
    const oneForTwo = await match(
      [{ id: 'e1', amount: '100', reference: 'A1' }],
      [
        { id: 'l1', amount: '100', reference: 'A1' },
        { id: 'l2', amount: '100', reference: 'A1' },
      ],
      [BY_REFERENCE],
    );
    expect(shape(oneForTwo)).toEqual({ matches: [], ambiguous: ['e1?l1+l2'], external: [], ledger: [] });
  });

  test('of two candidates the nearer amount is better, then the nearer day', async () => {
    const more = { tolerance: { VND: '5' }, lag: { before: 2, after: 2 } };
    const amounts = await match(
      [{ id: 'e1', amount: '100', reference: 'A1' }],
      [
        { id: 'l1', amount: '100', day: 4, reference: 'A1' },
        { id: 'l2', amount: '101', reference: 'A1' },
      ],
      [BY_REFERENCE],
      more,
    );
    expect(shape(amounts)).toMatchObject({ matches: ['e1=l1'], ledger: ['l2'] });
    const days = await match(
      [{ id: 'e1', day: 5, amount: '100', reference: 'A1' }],
      [
        { id: 'l1', day: 3, amount: '100', reference: 'A1' },
        { id: 'l2', day: 6, amount: '100', reference: 'A1' },
      ],
      [BY_REFERENCE],
      more,
    );
    expect(shape(days)).toMatchObject({ matches: ['e1=l2'], ledger: ['l1'] });
    expect([...days.matches()][0]).toMatchObject({ kind: '1:1', rule: 'reference', lag: { least: -1, greatest: -1 } });
  });

  test('a tolerance is up to its last unit, either way, and the difference is told', async () => {
    const within = (ledger: string) =>
      match(
        [{ id: 'e1', amount: '100', reference: 'A1' }],
        [{ id: 'l1', amount: ledger, reference: 'A1' }],
        [BY_REFERENCE],
        { tolerance: { VND: '0.05' } },
      );
    expect([...(await within('100.05')).matches()][0]?.difference.minor).toBe(-5n);
    expect([...(await within('99.95')).matches()][0]?.difference.minor).toBe(5n);
    expect((await within('100.06')).matchCount).toBe(0);
    expect((await within('99.94')).matchCount).toBe(0);
  });

  test.each([
    ['the ledger a day before the statement', 3, 2, 1],
    ['the ledger a day after the statement', 2, 3, 0],
    ['two days before', 4, 2, 0],
  ])('a lag counts its direction: %s', async (_, external, ledger, matches) => {
    const result = await match(
      [{ id: 'e1', day: external, amount: '1', reference: 'A1' }],
      [{ id: 'l1', day: ledger, amount: '1', reference: 'A1' }],
      [BY_REFERENCE],
      { lag: { after: 1 } },
    );
    expect(result.matchCount).toBe(matches);
  });

  test('a lag of one business day goes over the weekend and a holiday', async () => {
    // 2026-11-06 is a Friday.
    const result = (external: number, more: object = {}) =>
      match(
        [{ id: 'e1', day: external, amount: '1', reference: 'A1' }],
        [{ id: 'l1', day: 6, amount: '1', reference: 'A1' }],
        [BY_REFERENCE],
        { lag: { after: 1, business: true }, ...more },
      );
    expect((await result(9)).matchCount).toBe(1);
    expect((await result(10)).matchCount).toBe(0);
    expect((await result(10, { holidays: ['2026-11-09'] })).matchCount).toBe(1);
  });

  test('a reference inside a bank text is found by whole words, whatever the bank did to it', async () => {
    const found = async (external: string, ledger: string): Promise<boolean> => {
      const rules = [{ ...BY_REFERENCE, reference: 'contained' }];
      const given = [
        [{ id: 'e1', amount: '1', reference: external }],
        [{ id: 'l1', amount: '1', reference: ledger }],
      ] as const;
      return (await match(...given, rules)).matchCount === 1;
    };
    expect(await found('CHUYEN TIEN PL20261125 FT26330', 'PL-2026-1125')).toBe(true);
    expect(await found('MBVCB.99.PL-2026-1125.CT tu 007', 'PL20261125')).toBe(true);
    expect(await found('Thanh toan don hang 77', 'Đơn hàng 77')).toBe(true);
    expect(await found('thanh toan 支付订单77 FT26330', '支付订单77')).toBe(true);
    expect(await found('FT12345678', '2345')).toBe(false);
    expect(await found('PL-20261125', '')).toBe(false);
    expect(await found('', 'PL-20261125')).toBe(false);
    expect(await found('PL 1', '1')).toBe(false); // shorter than shortest_contained
  });

  test('an empty reference matches nothing, nor does one of punctuation', async () => {
    for (const reference of ['', ' ', '---', '/ / /']) {
      const lines = [{ id: 'a', amount: '1', reference }];
      for (const how of ['equal', 'contained']) {
        expect((await match(lines, lines, [{ ...BY_REFERENCE, reference: how }])).matchCount).toBe(0);
      }
    }
  });

  test('currencies never mix, whatever the numbers say', async () => {
    const result = await match(
      [{ id: 'e1', amount: '100', currency: 'USD', reference: 'A1' }],
      [{ id: 'l1', amount: '100', currency: 'VND', reference: 'A1' }],
      [BY_REFERENCE, BY_AMOUNT, { id: 'batch', kind: '1:n', key: 'reference' }],
      { tolerance: { VND: '1000', USD: '1000' } },
    );
    expect(result.matchCount).toBe(0);
    expect(result.totals.map(({ currency }) => currency)).toEqual(['USD', 'VND']);
  });

  test('amounts beyond what a float holds are told apart by their last unit', async () => {
    const big = (unit: string): string => `9007199254740993000000.${unit}`;
    const result = await match(
      [
        { id: 'e1', amount: big('01'), reference: 'A1' },
        { id: 'e2', amount: '12345678901.10', reference: 'B2' },
      ],
      [
        { id: 'l1', amount: big('01'), reference: 'A1' },
        { id: 'l2', amount: big('02'), reference: 'A1' },
        { id: 'l3', amount: '12345678901.1', reference: 'B2' },
      ],
      [BY_REFERENCE],
    );
    expect(shape(result)).toMatchObject({ matches: ['e1=l1', 'e2=l3'], ledger: ['l2'] });
  });

  test('sums and tolerances beyond what a float holds are exact', async () => {
    const given = ['90071992547409.91', '90071992547409.91', '-0.03', '12345678901234567890.12', '-5'];
    const lines = (side: string, more: readonly string[]) =>
      [...given, ...more].map((amount, at) => ({ id: `${side}${at}`, amount, reference: `R${at}` }));
    const result = await match(
      lines('e', ['90071992547410.00', '12345678901234567890.12']),
      lines('l', ['90071992547409.98', '12345678901234567890.15']),
      [BY_REFERENCE],
      { tolerance: { VND: '0.02' } },
    );
    expect(shape(result)).toMatchObject({ external: ['e6'], ledger: ['l6'] });
    const [total] = result.totals;
    expect(total?.external.all.sum.minor).toBe(2_469_162_801_844_677_800_503n);
    expect(total?.ledger.all.sum.minor).toBe(2_469_162_801_844_677_800_504n);
    expect(total?.difference.minor).toBe(2n);
  });

  test('a sum that a float gets wrong is exact', async () => {
    const result = await match(
      [{ id: 'e1', amount: '0.000000000000000003', currency: 'USDT', reference: 'B1' }],
      [
        { id: 'l1', amount: '0.000000000000000001', currency: 'USDT', batch: 'B1' },
        { id: 'l2', amount: '0.000000000000000002', currency: 'USDT', batch: 'B1' },
      ],
      [{ id: 'batch', kind: '1:n', key: 'batch' }],
    );
    expect(shape(result).matches).toEqual(['e1=l1+l2']);
  });

  test('the counterparty counts where the rule asks for it', async () => {
    const rules = [{ ...BY_AMOUNT, counterparty: 'equal' }];
    const result = await match(
      [
        { id: 'e1', amount: '1', counterparty: 'Công ty An' },
        { id: 'e2', amount: '1', counterparty: '' },
      ],
      [
        { id: 'l1', amount: '1', counterparty: 'CONG TY AN' },
        { id: 'l2', amount: '1', counterparty: 'BINH' },
        { id: 'l3', amount: '1', counterparty: '' },
      ],
      rules,
    );
    expect(shape(result)).toMatchObject({ matches: ['e1=l1'], external: ['e2'], ledger: ['l2', 'l3'] });
  });

  test('what is ambiguous stays so: no later rule guesses', async () => {
    const result = await match(
      [
        { id: 'e1', amount: '1', reference: 'A1' },
        { id: 'e2', amount: '1', reference: 'A1' },
      ],
      [
        { id: 'l1', amount: '1', reference: 'A1' },
        { id: 'l2', amount: '1' },
      ],
      [BY_REFERENCE, BY_AMOUNT],
    );
    expect(shape(result)).toEqual({ matches: [], ambiguous: ['e1+e2?l1'], external: [], ledger: ['l2'] });
  });

  test('more lines than can be told apart are listed as crowded', async () => {
    const many = (side: string, from: number) =>
      Array.from({ length: 300 }, (_, at) => ({ id: `${side}${at}`, day: from + (at % 3), amount: '5' }));
    const result = await match(many('e', 2), many('l', 3), [BY_AMOUNT], { lag: { before: 1, after: 1 } });
    expect(
      [...result.ambiguous()].map(({ reason, external, ledger }) => [reason, external.length, ledger.length]),
    ).toEqual([['crowded', 300, 300]]);
  });

  test('a line id that comes twice is refused, with the side and the id', async () => {
    await expect(
      match(
        [
          { id: 'e1', amount: '1' },
          { id: 'e0', amount: '1' },
          { id: 'e1', amount: '2' },
        ],
        [],
        [BY_REFERENCE],
      ),
    ).rejects.toMatchObject({ code: 'matching.line_id_twice', details: { side: 'external', id: 'e1', lines: [1, 3] } });
    await expect(match([], [{ id: '', amount: '1' }], [BY_REFERENCE])).rejects.toMatchObject({
      code: 'matching.line_without_id',
    });
  });

  test('nothing against nothing is complete', async () => {
    const result = await match([], [], [BY_REFERENCE, BY_AMOUNT]);
    expect([result.complete, result.matchCount, result.totals]).toEqual([true, 0, []]);
  });
});

describe('one line against several', () => {
  const BATCH = { id: 'batch', kind: '1:n', key: 'batch', reference: 'contained', parts: true };
  const batch = [
    { id: 'l1', amount: '-100', batch: 'BATCH-7' },
    { id: 'l2', amount: '-250', batch: 'BATCH-7' },
    { id: 'l3', amount: '-1', batch: 'BATCH-7' },
    { id: 'l4', amount: '-999', batch: 'BATCH-8' },
  ];

  test('a batch that the bank books in one line', async () => {
    const result = await match([{ id: 'e1', amount: '-351', reference: 'chi luong BATCH7' }], batch, [BATCH]);
    expect(shape(result)).toEqual({ matches: ['e1=l1+l2+l3'], ambiguous: [], external: [], ledger: ['l4'] });
    expect([...result.matches()][0]).toMatchObject({ kind: '1:n' });
  });

  test('a part of a batch, where one part alone adds up', async () => {
    const result = await match([{ id: 'e1', amount: '-350', reference: 'BATCH-7' }], batch, [BATCH]);
    expect(shape(result)).toMatchObject({ matches: ['e1=l1+l2'], ledger: ['l3', 'l4'] });
    const whole = await match([{ id: 'e1', amount: '-350', reference: 'BATCH-7' }], batch, [
      { ...BATCH, parts: false },
    ]);
    expect(whole.matchCount).toBe(0);
  });

  test('two parts that add up are ambiguous', async () => {
    const more = [...batch, { id: 'l5', amount: '-250', batch: 'BATCH-7' }];
    const result = await match([{ id: 'e1', amount: '-350', reference: 'BATCH-7' }], more, [BATCH]);
    expect(shape(result)).toEqual({ matches: [], ambiguous: ['e1?l1+l2+l5'], external: [], ledger: ['l3', 'l4'] });
  });

  test('a batch that two lines claim is ambiguous; one that the bank split is not', async () => {
    const claimed = await match(
      [
        { id: 'e1', amount: '-351', reference: 'BATCH-7' },
        { id: 'e2', amount: '-351', reference: 'BATCH-7' },
      ],
      batch,
      [BATCH],
    );
    expect(shape(claimed)).toMatchObject({ matches: [], ambiguous: ['e1+e2?l1+l2+l3'] });
    const split = await match(
      [
        { id: 'e1', amount: '-101', reference: 'BATCH-7' },
        { id: 'e2', amount: '-250', reference: 'BATCH-7' },
      ],
      batch,
      [BATCH],
    );
    expect(shape(split)).toMatchObject({ matches: ['e1=l1+l3', 'e2=l2'] });
  });

  test('a settlement net of its fee', async () => {
    const result = await match(
      [{ id: 'e1', amount: '99', reference: 'S-1' }],
      [
        { id: 'l1', amount: '100', reference: 'S1' },
        { id: 'l2', amount: '-1', reference: 'S1' },
      ],
      [{ id: 'net', kind: '1:n', key: 'reference' }],
    );
    expect(shape(result).matches).toEqual(['e1=l1+l2']);
  });

  test('several bank lines for one ledger line', async () => {
    const result = await match(
      [
        { id: 'e1', day: 2, amount: '60', reference: 'PO1' },
        { id: 'e2', day: 3, amount: '40', reference: 'PO1' },
      ],
      [{ id: 'l1', day: 2, amount: '100', reference: 'PO1' }],
      [{ id: 'split', kind: 'n:1', key: 'reference', lag: { after: 1 } }],
    );
    expect([...result.matches()][0]).toMatchObject({ kind: 'n:1', lag: { least: 0, greatest: 1 } });
    expect(result.complete).toBe(true);
  });

  test('by their sum alone, within the bound; beyond it the line says that it was not searched', async () => {
    const rule = { id: 'sum', kind: '1:n', key: 'none', most_candidates: 4 };
    const ledger = [3, 5, 11].map((amount) => ({ id: `l${amount}`, amount: String(amount) }));
    const found = await match([{ id: 'e1', amount: '14' }], ledger, [rule]);
    expect(shape(found)).toMatchObject({ matches: ['e1=l11+l3'], ledger: ['l5'] });
    const more = [...ledger, { id: 'l6', amount: '6' }, { id: 'l7', amount: '7' }, { id: 'l99', amount: '99' }];
    const crowded = await match([{ id: 'e1', amount: '14' }], more, [rule]);
    expect([...crowded.unmatched('external')]).toMatchObject([{ id: 'e1', reason: 'not_searched' }]);
  });
});

const draft = (side: string) =>
  fc
    .array(
      fc.record({
        day: fc.integer({ min: 2, max: 5 }),
        amount: fc.constantFrom('1', '2', '3', '3.01', '-3', '5', '10000000000.01'),
        currency: fc.constantFrom('VND', 'VND', 'USD'),
        reference: fc.constantFrom('', 'A-1', 'a1', 'B2', 'PAY C333 X', 'C333'),
        counterparty: fc.constantFrom('', 'An', 'AN', 'Binh'),
        batch: fc.constantFrom('', 'B2', 'C333'),
      }),
      { maxLength: 6 },
    )
    .map((lines) => lines.map((each, at): Draft => ({ ...each, id: `${side}${at}` })));

const rule = fc.oneof(
  fc.record({
    kind: fc.constant('1:1'),
    reference: fc.constantFrom('equal', 'contained', 'any'),
    counterparty: fc.constantFrom('equal', 'any'),
    tolerance: fc.constantFrom({}, { VND: '0.01' }, { VND: '2', USD: '1' }),
    lag: fc.record({ before: fc.integer({ min: 0, max: 1 }), after: fc.integer({ min: 0, max: 2 }) }),
  }),
  fc.record({
    kind: fc.constantFrom('1:n', 'n:1'),
    key: fc.constantFrom('reference', 'none'),
    reference: fc.constantFrom('equal', 'contained'),
    parts: fc.boolean(),
    lag: fc.record({ before: fc.integer({ min: 0, max: 1 }), after: fc.integer({ min: 0, max: 2 }) }),
  }),
);

describe('whatever the lines and rules', () => {
  test('each line comes out once, sums are exact, and the order of the lines does not matter', async () => {
    const given = fc.record({
      external: draft('e'),
      ledger: draft('l'),
      rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(given, fc.infiniteStream(fc.nat()), async ({ external, ledger, rules }, dice) => {
        const named = rules.map((each, at) => ({ ...each, id: `r${at}` }));
        const result = await match(external, ledger, named);
        for (const [side, lines] of [
          ['external', external],
          ['ledger', ledger],
        ] as const) {
          const out = [
            ...[...result.matches()].flatMap((each) => each[side]),
            ...[...result.ambiguous()].flatMap((each) => each[side]),
            ...result.unmatched(side),
          ];
          expect(out.map(({ id }) => id).sort()).toEqual(lines.map(({ id }) => id).sort());
          for (const total of result.totals) {
            const sum = lines
              .map(line)
              .filter(({ amount }) => amount.currency.code === total.currency)
              .reduce((all, { amount }) => all + amount.minor, 0n);
            expect(total[side].all.sum.minor).toBe(sum);
          }
        }
        const shuffled = <T>(lines: readonly T[]): readonly T[] =>
          lines
            .map((each) => ({ each, at: dice.next().value ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ each }) => each);
        const again = await match(shuffled(external), shuffled(ledger), named);
        expect(again.hash()).toBe(result.hash());
        expect(again.inputHash('external')).toBe(result.inputHash('external'));
      }),
      { numRuns: 400 },
    );
  });

  test('one against one is what trying all assignments says', async () => {
    const singles = fc.record({
      reference: fc.constantFrom('equal', 'any'),
      tolerance: fc.constantFrom({}, { VND: '0.01' }, { VND: '2', USD: '1' }),
      lag: fc.record({ before: fc.integer({ min: 0, max: 1 }), after: fc.integer({ min: 0, max: 2 }) }),
    });
    await fc.assert(
      fc.asyncProperty(draft('e'), draft('l'), singles, async (external, ledger, given) => {
        const result = await match(external, ledger, [{ id: 'r', kind: '1:1', ...given }]);
        const expected = bestPairs(external, ledger, given);
        const found = shape(result);
        expect([...found.matches].sort()).toEqual(expected.certain);
        expect(found.ambiguous.flatMap((set) => set.split(/[+?]/)).sort()).toEqual(expected.open);
      }),
      { numRuns: 400 },
    );
  });
});

/** Every way to pair the lines under one rule, and of the best ones what they have in common. */
function bestPairs(
  external: readonly Draft[],
  ledger: readonly Draft[],
  given: { reference: string; tolerance: { VND?: string; USD?: string }; lag: { before: number; after: number } },
): { readonly certain: readonly string[]; readonly open: readonly string[] } {
  const hundredths = (text: string): number => Math.round(Number(text) * 100);
  const bare = (text = ''): string => text.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const cost = (e: Draft, l: Draft): readonly [number, number] | undefined => {
    const apart = (e.day ?? 0) - (l.day ?? 0);
    const difference = Math.abs(hundredths(e.amount) - hundredths(l.amount));
    const within = hundredths((e.currency === 'USD' ? given.tolerance.USD : given.tolerance.VND) ?? '0');
    if (e.currency !== l.currency || difference > within) return undefined;
    if (apart > given.lag.after || apart < -given.lag.before) return undefined;
    if (given.reference === 'equal' && (bare(e.reference) === '' || bare(e.reference) !== bare(l.reference)))
      return undefined;
    return [difference, Math.abs(apart)];
  };
  let best: readonly number[] = [-1, 0, 0];
  let all: (readonly string[])[] = [];
  const go = (at: number, taken: readonly string[], pairs: readonly string[], sum: readonly [number, number]): void => {
    const e = external[at];
    if (e === undefined) {
      const worth = [pairs.length, -sum[0], -sum[1]];
      const order = worth.map((each, part) => each - (best[part] ?? 0)).find((each) => each !== 0) ?? 0;
      if (order > 0) [best, all] = [worth, []];
      if (order >= 0) all.push(pairs);
      return;
    }
    go(at + 1, taken, pairs, sum);
    for (const l of ledger) {
      const own = taken.includes(l.id) ? undefined : cost(e, l);
      if (own) go(at + 1, [...taken, l.id], [...pairs, `${e.id}=${l.id}`], [sum[0] + own[0], sum[1] + own[1]]);
    }
  };
  go(0, [], [], [0, 0]);
  const certain = (all[0] ?? []).filter((pair) => all.every((each) => each.includes(pair))).sort();
  const open = new Set(
    all
      .flat()
      .filter((pair) => !certain.includes(pair))
      .flatMap((pair) => pair.split('=')),
  );
  return { certain, open: [...open].sort() };
}
