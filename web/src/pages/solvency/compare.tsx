/** Two reports beside each other: what changed, and how much of it the rates did. */
import { type Answer, get } from '../../api.ts';
import { businessDate } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href, place, replace } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Choice } from '../../ui/field.tsx';
import { Amount, Rate, Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type Comparison = Answer<'GET /v1/reconciliations/{id}/compare'>;

export function Compare({ parts: [, , id = ''] }: PageParts) {
  const { words } = useLocale();
  const other = useShared(place).query.get('with') ?? undefined;
  const load = useLoad(`compare ${id} ${other}`, (signal) =>
    get('GET /v1/reconciliations/{id}/compare', { path: { id }, query: { with: other } }, signal),
  );
  const reports = useLoad('to compare with', (signal) =>
    get('GET /v1/reconciliations', { query: { limit: 100 } }, signal),
  );
  const options = (reports.data?.data ?? [])
    .filter((report) => report.id !== id && report.difference_vnd !== null)
    .map(
      (report) =>
        [
          report.id,
          `${businessDate(report.business_date)} #${report.attempt} · ${words.solvency.statuses[report.status]}`,
        ] as const,
    );
  return (
    <Page
      back={{ href: href(['solvency', 'runs', id]), label: words.solvency.report }}
      title={words.solvency.compareTitle}
      aside={
        <Choice
          label={words.solvency.compareWith}
          value={other ?? ''}
          onChoice={(chosen) => replace(href(['solvency', 'runs', id, 'compare'], { with: chosen }))}
          options={[['', words.solvency.before], ...options]}
        />
      }
    >
      <Part load={load}>{(comparison) => <Tables comparison={comparison} />}</Part>
    </Page>
  );
}

function Tables({ comparison }: { readonly comparison: Comparison }) {
  const { words } = useLocale();
  const { solvency } = words;
  const { before, after, currency, breaks } = comparison;
  const sums = [
    { title: solvency.assets, ...comparison.assets, amount_effect: null, rate_effect: null },
    { title: solvency.liabilities, ...comparison.liabilities, amount_effect: null, rate_effect: null },
    { title: solvency.difference, ...comparison.difference },
    { title: solvency.net, ...comparison.net, amount_effect: null, rate_effect: null },
    { title: solvency.unexplained, ...comparison.unexplained, amount_effect: null, rate_effect: null },
  ];
  const lines = [
    ...comparison.lines,
    ...comparison.observed.map((line) => ({ ...line, side: 'observed' as const })),
  ].map((line) => ({
    title: line.side === 'observed' ? `${line.title} (${solvency.observed})` : line.title,
    ...line.value,
    amount_effect: line.amount_effect,
    rate_effect: line.rate_effect,
  }));
  const columns = [
    { title: solvency.line, cell: ({ title }: (typeof sums)[number]) => title },
    {
      title: businessDate(before.business_date),
      numeric: true,
      cell: (row: (typeof sums)[number]) => <Amount value={row.before} currency={currency} />,
    },
    {
      title: `→ ${businessDate(after.business_date)}`,
      numeric: true,
      cell: (row: (typeof sums)[number]) => <Amount value={row.after} currency={currency} />,
    },
    {
      title: solvency.change,
      numeric: true,
      cell: (row: (typeof sums)[number]) => <Amount value={row.change} currency={currency} signed />,
    },
    {
      title: solvency.byAmount,
      numeric: true,
      cell: (row: (typeof sums)[number]) =>
        row.amount_effect !== null && <Amount value={row.amount_effect} currency={currency} signed />,
    },
    {
      title: solvency.byRate,
      numeric: true,
      cell: (row: (typeof sums)[number]) =>
        row.rate_effect !== null && <Amount value={row.rate_effect} currency={currency} signed />,
    },
  ];
  const moved = [
    ...breaks.opened.map((each) => ({ ...each, is: 'opened' as const })),
    ...breaks.changed.map((each) => ({ ...each, is: 'changed' as const })),
    ...breaks.resolved.map((each) => ({ ...each, is: 'resolved' as const })),
  ];
  return (
    <div class="stack">
      <p class="lead">
        <Time at={before.as_of} /> → <Time at={after.as_of} />
        {!comparison.same_book && ` · ${solvency.otherBook}`}
      </p>
      <Card title={solvency.verdicts}>
        <Table caption={solvency.verdicts} rows={sums} keyOf={({ title }) => title} columns={columns} />
      </Card>
      <Card title={solvency.breakdown}>
        <Table
          caption={solvency.breakdown}
          rows={lines}
          keyOf={({ title }, index) => `${title} ${index}`}
          columns={columns}
        />
      </Card>
      <div class="grid">
        <Card title={solvency.ratesUsed}>
          <Table
            caption={solvency.ratesUsed}
            rows={comparison.rates}
            keyOf={({ pair }) => pair}
            columns={[
              { title: words.rates.pair, cell: ({ pair }) => pair },
              {
                title: solvency.beforeShort,
                numeric: true,
                cell: ({ pair, before: rate }) => <Rate value={rate} pair={pair} />,
              },
              {
                title: solvency.afterShort,
                numeric: true,
                cell: ({ pair, after: rate }) => <Rate value={rate} pair={pair} />,
              },
            ]}
          />
        </Card>
        <Card title={solvency.breaks}>
          {moved.length === 0 ? (
            <Empty>{solvency.noBreaks}</Empty>
          ) : (
            <Table
              caption={solvency.breaks}
              rows={moved}
              keyOf={({ key, is }) => `${is} ${key}`}
              columns={[
                { title: solvency.line, cell: ({ text }) => text },
                {
                  title: solvency.status,
                  cell: ({ is }) => <Badge tone={is === 'resolved' ? 'good' : 'bad'}>{solvency.breakEvents[is]}</Badge>,
                },
                {
                  title: solvency.amount,
                  numeric: true,
                  cell: ({ amount, currency: of }) => <Amount value={amount} currency={of} signed />,
                },
              ]}
            />
          )}
        </Card>
      </div>
    </div>
  );
}
