/** How a rate went: the last one of each bucket, and how far it went in it. */
import { useMemo, useState } from 'preact/hooks';
import { type Answer, addressOf, get } from '../../api.ts';
import { now } from '../../browser/clock.ts';
import { pixels } from '../../format/decimal.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Chart } from '../../ui/chart.tsx';
import { Download } from '../../ui/download.tsx';
import { Rate, Time } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type Bucket = Answer<'GET /v1/rates/{base}/{quote}/history'>['data'][number];

const HOUR_MS = 3_600_000;
const RANGES = {
  hour: { ms: HOUR_MS, bucket: '1m' },
  day: { ms: 24 * HOUR_MS, bucket: '5m' },
  week: { ms: 7 * 24 * HOUR_MS, bucket: '1h' },
  month: { ms: 30 * 24 * HOUR_MS, bucket: '1h' },
  year: { ms: 365 * 24 * HOUR_MS, bucket: '1d' },
} as const;
type RangeName = keyof typeof RANGES;
const NAMES: readonly RangeName[] = ['hour', 'day', 'week', 'month', 'year'];

export function RateHistory({ pair }: { readonly pair: string }) {
  const { words, zone } = useLocale();
  const [range, setRange] = useState<RangeName>('day');
  const [base = '', quote = ''] = pair.split('/');
  const request = () => {
    const { ms, bucket } = RANGES[range];
    return { path: { base, quote }, query: { from: new Date(now() - ms).toISOString(), bucket, zone } };
  };
  const load = useLoad(
    `history ${pair} ${range} ${zone}`,
    (signal) => get('GET /v1/rates/{base}/{quote}/history', request(), signal),
    {
      everyMs: 30_000,
    },
  );
  return (
    <Card
      title={words.rates.history}
      aside={
        <>
          <fieldset class="tabs">
            <legend class="hidden">{words.rates.range}</legend>
            {NAMES.map((name) => (
              <button
                type="button"
                class="tool"
                key={name}
                aria-pressed={range === name}
                onClick={() => setRange(name)}
              >
                {words.rates.ranges[name]}
              </button>
            ))}
          </fieldset>
          <Download
            path={addressOf('GET /v1/rates/{base}/{quote}/history', {
              ...request(),
              query: { ...request().query, format: 'csv' },
            })}
            name={`${base}-${quote}-${range}.csv`}
            label="CSV"
          />
        </>
      }
    >
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? <Empty>{words.rates.noHistory}</Empty> : <Drawn buckets={data} pair={pair} />
        }
      </Part>
    </Card>
  );
}

function Drawn({ buckets, pair }: { readonly buckets: readonly Bucket[]; readonly pair: string }) {
  const { words, rate, time, count, figure } = useLocale();
  const columns = useMemo(
    () => ({
      times: buckets.map(({ from }) => Date.parse(from) / 1_000),
      close: buckets.map(({ close }) => pixels(close)),
      high: buckets.map(({ high }) => pixels(high)),
      low: buckets.map(({ low }) => pixels(low)),
    }),
    [buckets],
  );
  const textOf =
    (name: 'close' | 'high' | 'low') =>
    (index: number): string =>
      rate(buckets[index]?.[name] ?? '', pair);
  const last = buckets.at(-1);
  const [base, quote] = pair.split('/');
  return (
    <Chart
      summary={words.rates.historySummary(
        pair,
        buckets.length,
        textOf('close')(buckets.length - 1),
        time(last?.from ?? 0),
      )}
      {...{
        times: columns.times,
        zoom: true,
        unit: `${quote} / ${base}`,
        axisText: (value: number) => figure(value, quote === 'VND' ? 2 : 6),
      }}
      series={[
        { label: words.rates.close, values: columns.close, text: textOf('close'), look: 'first' },
        { label: words.rates.high, values: columns.high, text: textOf('high'), look: 'quiet' },
        { label: words.rates.low, values: columns.low, text: textOf('low'), look: 'quiet' },
      ]}
      table={
        <Table
          caption={words.rates.history}
          rows={[...buckets].reverse()}
          keyOf={({ from }) => from}
          columns={[
            { title: words.common.from, cell: ({ from }) => <Time at={from} /> },
            { title: words.rates.close, numeric: true, cell: ({ close }) => <Rate value={close} pair={pair} /> },
            { title: words.rates.low, numeric: true, cell: ({ low }) => <Rate value={low} pair={pair} /> },
            { title: words.rates.high, numeric: true, cell: ({ high }) => <Rate value={high} pair={pair} /> },
            {
              title: words.rates.quotes,
              numeric: true,
              cell: ({ quotes }) => <span class="num">{count(quotes)}</span>,
            },
            {
              title: words.rates.agreement,
              cell: ({ contested }) => contested && <Badge tone="bad">{words.rates.agreements.contested}</Badge>,
            },
          ]}
        />
      }
    />
  );
}
