/** Reports: what was owed and what was there, as a history and as a list. */
import { useMemo } from 'preact/hooks';
import { act, get } from '../../api.ts';
import { pixels } from '../../format/decimal.ts';
import { businessDate } from '../../format/time.ts';
import { useLocale } from '../../locale.ts';
import { go, href, place, replace } from '../../router.ts';
import { useShared } from '../../state.ts';
import { useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Chart } from '../../ui/chart.tsx';
import { Download } from '../../ui/download.tsx';
import { Choice } from '../../ui/field.tsx';
import { Amount, Time } from '../../ui/figure.tsx';
import { moneyAxis } from '../../ui/money-axis.ts';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { DifferenceChart } from './difference-chart.tsx';
import { historyOf, type Report } from './history.ts';
import { toneOfStatus, toneOfTruth, truthOf } from './tones.ts';

const STATUSES = ['balanced', 'surplus', 'deficit', 'error', 'in_progress'] as const;
const KINDS = ['daily', 'intraday'] as const;
const PAGE = 200;

export function Solvency() {
  const { words } = useLocale();
  const { query } = useShared(place);
  const status = STATUSES.find((each) => each === query.get('status'));
  const kind = KINDS.find((each) => each === query.get('kind')) ?? 'daily';
  const pages = usePages<Report>(
    `reports ${status} ${kind}`,
    (cursor) => get('GET /v1/reconciliations', { query: { limit: PAGE, cursor, status, kind } }),
    10_000,
  );
  const { statuses } = words.solvency;
  const year = pages.rows[0]?.business_date.slice(0, 4);
  return (
    <Page title={words.solvency.title} lead={words.solvency.lead} aside={<RunNow />}>
      <div class="stack">
        <Part load={pages.load}>
          {() => (
            <div class="grid">
              <Card title={words.solvency.sides}>
                <Sides reports={pages.rows} />
              </Card>
              <Card title={words.solvency.difference}>
                <DifferenceChart reports={pages.rows} zoom />
              </Card>
            </div>
          )}
        </Part>
        <Card
          title={words.solvency.list}
          aside={
            <>
              <Choice
                label={words.solvency.kind}
                value={kind}
                onChoice={(chosen) => replace(href(['solvency'], { status, kind: chosen }))}
                options={KINDS.map((each) => [each, words.solvency.kinds[each]] as const)}
              />
              <Choice
                label={words.solvency.status}
                value={status ?? ''}
                onChoice={(chosen) => replace(href(['solvency'], { status: chosen, kind }))}
                options={[['', words.common.all], ...STATUSES.map((each) => [each, statuses[each]] as const)]}
              />
              {year !== undefined && (
                <Download
                  path={`/v1/reconciliations/bundle?year=${year}`}
                  name={`plumbline-${year}.json`}
                  label={words.solvency.evidenceOf(year)}
                />
              )}
            </>
          }
        >
          <Part load={pages.load}>
            {() =>
              pages.rows.length === 0 ? (
                <Empty>{words.solvency.empty}</Empty>
              ) : (
                <>
                  <Reports rows={pages.rows} />
                  <More pages={pages} />
                </>
              )
            }
          </Part>
        </Card>
      </div>
    </Page>
  );
}

function Reports({ rows }: { readonly rows: readonly Report[] }) {
  const { words } = useLocale();
  const { solvency, common } = words;
  return (
    <Table
      caption={solvency.list}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          title: solvency.date,
          cell: ({ id, business_date, attempt, as_of }) => (
            <>
              <a href={href(['solvency', 'runs', id])}>{businessDate(business_date)}</a>
              {attempt > 1 && <span class="soft"> #{attempt}</span>}
              <span class="small line">
                {common.asOf} <Time at={as_of} />
              </span>
            </>
          ),
        },
        {
          title: solvency.status,
          cell: ({ status, solvent }) => (
            <span class="badges column">
              <Badge tone={toneOfStatus(status)}>{solvency.statuses[status]}</Badge>
              <Badge tone={toneOfTruth(solvent)}>{solvency.truths.solvent[truthOf(solvent)]}</Badge>
            </span>
          ),
        },
        {
          title: solvency.assets,
          numeric: true,
          cell: ({ total_assets_vnd }) => <Amount value={total_assets_vnd} currency="VND" />,
        },
        {
          title: solvency.liabilities,
          numeric: true,
          cell: ({ total_liabilities_vnd }) => <Amount value={total_liabilities_vnd} currency="VND" />,
        },
        {
          title: solvency.difference,
          numeric: true,
          cell: ({ difference_vnd }) => <Amount value={difference_vnd} currency="VND" signed />,
        },
      ]}
    />
  );
}

function Sides({ reports }: { readonly reports: readonly Report[] }) {
  const { words, language, amount, time } = useLocale();
  const name = reports.map(({ id, status }) => `${id} ${status}`).join();
  // A chart draws anew what is another array
  const history = useMemo(() => historyOf(reports), [name]);
  const columns = useMemo(() => columnsOf(history), [history]);
  const last = history.at(-1);
  if (last === undefined) return <Empty>{words.solvency.empty}</Empty>;
  const axis = moneyAxis(Math.max(...columns.assets, ...columns.liabilities), language, words);
  const { assets, liabilities } = words.solvency;
  return (
    <Chart
      summary={words.solvency.sidesSummary(
        history.length,
        amount(last.total_assets_vnd, 'VND'),
        amount(last.total_liabilities_vnd, 'VND'),
        time(last.as_of),
      )}
      {...{ times: columns.times, zoom: true, unit: axis.unit, axisText: axis.text }}
      series={[
        {
          label: assets,
          values: columns.assets,
          look: 'first',
          text: (at) => amount(history[at]?.total_assets_vnd ?? '', 'VND'),
        },
        {
          label: liabilities,
          values: columns.liabilities,
          look: 'second',
          text: (at) => amount(history[at]?.total_liabilities_vnd ?? '', 'VND'),
        },
      ]}
      table={
        <Table
          caption={words.solvency.sides}
          rows={[...history].reverse()}
          keyOf={({ id }) => id}
          columns={[
            { title: words.common.asOf, cell: ({ as_of }) => <Time at={as_of} /> },
            {
              title: assets,
              numeric: true,
              cell: ({ total_assets_vnd }) => <Amount value={total_assets_vnd} currency="VND" />,
            },
            {
              title: liabilities,
              numeric: true,
              cell: ({ total_liabilities_vnd }) => <Amount value={total_liabilities_vnd} currency="VND" />,
            },
          ]}
        />
      }
    />
  );
}

const columnsOf = (history: ReturnType<typeof historyOf>) => ({
  times: history.map(({ as_of }) => Date.parse(as_of) / 1_000),
  assets: history.map(({ total_assets_vnd }) => pixels(total_assets_vnd)),
  liabilities: history.map(({ total_liabilities_vnd }) => pixels(total_liabilities_vnd)),
});

/** A run of now, beside the day's final report; its report is shown when it is there. */
function RunNow() {
  const { words } = useLocale();
  const acting = useAct();
  const run = async (): Promise<void> => {
    let id: string | undefined;
    const done = await acting.run(async (key) => {
      id = (await act('POST /v1/reconciliations', { body: { kind: 'intraday' } }, key)).id;
    }, 'intraday');
    if (done && id !== undefined) go(href(['solvency', 'runs', id]));
  };
  return (
    <div>
      <button type="button" class="primary" disabled={acting.busy} onClick={() => void run()}>
        {acting.busy ? words.solvency.running : words.solvency.runNow}
      </button>
      {acting.problem !== undefined && <Failure problem={acting.problem} />}
    </div>
  );
}
