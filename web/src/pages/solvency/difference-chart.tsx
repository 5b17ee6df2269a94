/** What is left over after what is owed, report by report, with the tolerance around zero. */
import { useMemo } from 'preact/hooks';
import { pixels } from '../../format/decimal.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Chart } from '../../ui/chart.tsx';
import { Amount, Time } from '../../ui/figure.tsx';
import { moneyAxis } from '../../ui/money-axis.ts';
import { Empty } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { historyOf, type Report } from './history.ts';

export interface HistoryProps {
  readonly reports: readonly Report[];
  readonly height?: number;
  readonly zoom?: boolean;
}

export function DifferenceChart({ reports, height = 240, zoom = false }: HistoryProps) {
  const { words, language, amount, time } = useLocale();
  const name = reports.map(({ id, status }) => `${id} ${status}`).join();
  // The same reports, asked for again, are the same chart
  const history = useMemo(() => historyOf(reports), [name]);
  const times = useMemo(() => history.map(({ as_of }) => Date.parse(as_of) / 1_000), [history]);
  const values = useMemo(() => history.map(({ difference_vnd }) => pixels(difference_vnd)), [history]);
  const last = history.at(-1);
  if (last === undefined) return <Empty>{words.solvency.empty}</Empty>;
  const axis = moneyAxis(Math.max(...values.map(Math.abs)), language, words);
  const tolerance = pixels(last.tolerance_vnd);
  const textAt = (index: number): string => amount(history[index]?.difference_vnd ?? '', 'VND', true);
  return (
    <>
      <Chart
        summary={words.solvency.differenceSummary(history.length, textAt(history.length - 1), time(last.as_of))}
        {...{ times, height, zoom, unit: axis.unit, axisText: axis.text }}
        series={[{ label: words.solvency.difference, values, text: textAt, look: 'first' }]}
        band={{ low: -tolerance, high: tolerance, label: words.solvency.tolerance }}
        table={
          <Table
            caption={words.solvency.difference}
            rows={[...history].reverse()}
            keyOf={({ id }) => id}
            columns={[
              {
                title: words.common.asOf,
                cell: ({ id, as_of }) => (
                  <a href={href(['solvency', 'runs', id])}>
                    <Time at={as_of} />
                  </a>
                ),
              },
              {
                title: words.solvency.difference,
                numeric: true,
                cell: ({ difference_vnd }) => <Amount value={difference_vnd} currency="VND" signed />,
              },
              {
                title: words.solvency.tolerance,
                numeric: true,
                cell: ({ tolerance_vnd }) => (
                  <>
                    ± <Amount value={tolerance_vnd} currency="VND" />
                  </>
                ),
              },
            ]}
          />
        }
      />
      <p class="small">
        {words.solvency.band} ± <Amount value={last.tolerance_vnd} currency="VND" />
      </p>
    </>
  );
}
