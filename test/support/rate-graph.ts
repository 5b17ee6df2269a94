/** A graph of invented sources, for tests of what readings come to. */

import type { InputReading, Inputs, LastGood, Memory } from '../../src/features/rates/consensus/inputs.ts';
import type { Policy } from '../../src/features/rates/consensus/policy.ts';
import { parseGraph } from '../../src/features/rates/graph.ts';
import { type RatesOptions, ratesSettings } from '../../src/features/rates/settings.ts';
import type { SourceDefinition } from '../../src/features/rates/sources/source.ts';
import { type Pair, pair, parseRate, type Rate } from '../../src/kernel/rate.ts';

export const USDT_VND = pair('USDT', 'VND');
export const USDT_USD = pair('USDT', 'USD');
export const USD_VND = pair('USD', 'VND');

/** A source that is never really asked. */
export const invented = (name: string, more: Partial<SourceDefinition> = {}): SourceDefinition => ({
  name,
  role: 'invented',
  url: `http://${name}.invalid`,
  pairs: [USDT_VND, USDT_USD, USD_VND],
  cadence: { kind: 'live', maxLagMs: 60_000 },
  everyMs: 5 * 60_000,
  request: ({ url }) => ({ url }),
  parse: () => ({ observations: [], warnings: [] }),
  samples: { receivedAt: 0, good: [], bad: [] },
  ...more,
});

export const LETTERS = ['a', 'b', 'c', 'd', 'e'] as const;

/** Routes `a`, `b`, ... straight to USDT/VND, as many as are wanted. */
export const directPolicy = (sources: number, pairYaml = '', options: Partial<RatesOptions> = {}): Policy => {
  const names = LETTERS.slice(0, sources);
  const text = `
graph: test
version: 1
sources: {${names.map((name) => `${name}: {}`).join(', ')}}
pairs:
  USDT/VND: {band: ["10000", "60000"], routes: [${names.join(', ')}]${pairYaml}}
`;
  const graph = parseGraph(
    text,
    'test',
    names.map((name) => invented(name)),
  );
  return ratesSettings(graph, options).policy;
};

export const says = (source: string, of: Pair, rate: string | Rate, ageMs = 0): InputReading => ({
  source,
  heldMs: ageMs,
  observations: [
    {
      pair: of,
      rate: typeof rate === 'string' ? parseRate(of, rate) : rate,
      basis: 'spot_aggregate',
      publishedAgoMs: ageMs,
      ageMs,
      missedBps: 0,
    },
  ],
});

export function lastGood(figure: string | Rate, more: Partial<LastGood> = {}): LastGood {
  const mid = typeof figure === 'string' ? parseRate(USDT_VND, figure) : figure;
  const known = { mid, anchor: mid, ageMs: 15_000, basis: 'spot_aggregate', figures: [], trusted: true, stoodMs: 0 };
  return { ...known, ...more };
}

export const inputs = (
  readings: readonly InputReading[],
  memory: Memory = { lastGood: undefined, dissents: [] },
): Inputs => ({
  readings,
  absences: [],
  memories: { 'USDT/VND': memory },
});
