/** What a soak of months prints: every policy in one table, and how ours fared beyond it. */
import type { Counts } from './oracle.ts';
import type { Tally } from './tally.ts';

export interface Sum {
  readonly tallies: readonly Tally[];
  readonly counts: Counts;
  readonly followed: readonly number[];
  readonly alarmed: readonly number[];
}

export function tableOf({ tallies, counts, followed, alarmed }: Sum): readonly string[] {
  const rows = [
    [
      'policy',
      'answers',
      'unlabelled > 1 % wrong',
      'older than bound',
      'availability',
      'unlabelled',
      'CoinGecko calls, busiest month',
    ],
    ...tallies.map((each) => [
      each.name,
      String(each.answers),
      `${each.wrong}${share(each.wrong, each.answers)}`,
      `${each.old}${share(each.old, each.answers)}`,
      percent(each.answeredMs, each.honestMs),
      percent(each.unlabelledMs, each.honestMs),
      String(Math.max(each.mostCalls, each.calls)),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(' | ')
        .trimEnd(),
    ),
    `plumbline, all pairs and purposes: ${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    `sudden moves of 4 % or more while CoinGecko and Binance are well: ${followed.length}; alarmed after ${spread(alarmed)}, followed after ${spread(followed)}`,
  ];
}

const share = (some: number, all: number): string => (some === 0 ? '' : ` (${percent(some, all)})`);

const percent = (some: number, all: number): string => (all === 0 ? '-' : `${((100 * some) / all).toFixed(4)} %`);

function spread(all: readonly number[]): string {
  const sorted = [...all].sort((a, b) => a - b);
  const [middle, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return middle === undefined || most === undefined ? '-' : `p50 ${seconds(middle)}, max ${seconds(most)}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
