import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, type Edge } from './assignment.ts';

/** Every assignment there is, and of the best ones what they have in common. */
function oracle(rows: number, columns: number, edges: readonly Edge[]) {
  let best: { count: number; cost: bigint } = { count: -1, cost: 0n };
  let all: string[][] = [];
  const go = (row: number, taken: ReadonlySet<number>, chosen: readonly Edge[]): void => {
    if (row === rows) {
      const cost = chosen.reduce((sum, edge) => sum + edge.cost, 0n);
      const better = chosen.length > best.count || (chosen.length === best.count && cost < best.cost);
      if (better) {
        best = { count: chosen.length, cost };
        all = [];
      }
      if (chosen.length === best.count && cost === best.cost)
        all.push(chosen.map((edge) => `${edge.row}-${edge.column}`));
      return;
    }
    go(row + 1, taken, chosen);
    for (const edge of edges) {
      if (edge.row === row && !taken.has(edge.column)) go(row + 1, new Set([...taken, edge.column]), [...chosen, edge]);
    }
  };
  go(0, new Set(), []);
  const certain = (all[0] ?? []).filter((pair) => all.every((each) => each.includes(pair))).sort();
  const possible = new Set(all.flat());
  const open = [...possible].filter((pair) => !certain.includes(pair)).map((pair) => pair.split('-').map(Number));
  return {
    certain,
    rows: [...new Set(open.map(([row]) => row))].sort(),
    columns: [...new Set(open.map(([, column]) => column))].sort(),
    columnsInAll: columns,
  };
}

const problem = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 5 }) })
  .chain(({ rows, columns }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      edges: fc.uniqueArray(
        fc.record({
          row: fc.integer({ min: 0, max: rows - 1 }),
          column: fc.integer({ min: 0, max: columns - 1 }),
          cost: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 3n })),
        }),
        { selector: ({ row, column }) => `${row}-${column}`, maxLength: 14 },
      ),
    }),
  );

describe('what all best assignments have in common', () => {
  test('is what trying them all says', () => {
    fc.assert(
      fc.property(problem, ({ rows, columns, edges }) => {
        const decision = decide(rows, columns, edges);
        const expected = oracle(rows, columns, edges);
        expect(decision?.pairs.map(({ row, column }) => `${row}-${column}`).sort()).toEqual(expected.certain);
        expect(decision?.ambiguous.flatMap((set) => set.rows).sort()).toEqual(expected.rows);
        expect(decision?.ambiguous.flatMap((set) => set.columns).sort()).toEqual(expected.columns);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a year of equal payments, each nearest to its own day, is certain', () => {
    const edges: Edge[] = [];
    for (let day = 0; day < 150; day += 1) {
      for (const lag of [0, 1, 2]) if (day + lag < 150) edges.push({ row: day + lag, column: day, cost: BigInt(lag) });
    }
    expect(decide(150, 150, edges)).toEqual({
      pairs: expect.arrayContaining([
        { row: 0, column: 0 },
        { row: 149, column: 149 },
      ]),
      ambiguous: [],
    });
  });
});
