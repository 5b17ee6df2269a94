/** The newest runs, and whether one is overdue. */
import { get } from '../../api.ts';
import { businessDate } from '../../format/time.ts';
import { ready } from '../../health.ts';
import { type Loaded, useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Age, Until } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { nextReconciliation } from '../operate/job-kind.ts';
import { toneOfStatus } from '../solvency/tones.ts';
import type { Report } from './standing.ts';

const SHOWN = 4;

export function RunsCard({ reports }: { readonly reports: Loaded<readonly Report[]> }) {
  const { words } = useLocale();
  const health = useLoad('ready', ready, { everyMs: 15_000 });
  const jobs = useLoad('jobs', (signal) => get('GET /v1/jobs', {}, signal), { everyMs: 30_000 });
  const next = nextReconciliation(jobs.data?.data ?? []);
  const overdue = health.data?.parts.reports?.ok === false ? health.data.parts.reports.error : undefined;
  return (
    <Card title={words.overview.runs} aside={<a href={href(['solvency'])}>{words.overview.details}</a>}>
      {health.data !== undefined && (
        <p class="badges">
          {overdue === undefined ? (
            <Badge tone="good">{words.overview.nothingOverdue}</Badge>
          ) : (
            <Badge tone="bad">{words.overview.overdue}</Badge>
          )}
        </p>
      )}
      {overdue !== undefined && <p class="small">{overdue}</p>}
      <Part load={jobs}>
        {() => (
          <Facts
            facts={[
              [
                words.jobs.nextRun,
                <a key="next" href={href(['jobs'])}>
                  {next === undefined ? words.jobs.noneScheduled : <Until at={next} />}
                </a>,
              ],
            ]}
          />
        )}
      </Part>
      <Part load={reports}>
        {(data) =>
          data.length === 0 ? (
            <Empty>{words.solvency.empty}</Empty>
          ) : (
            <ul class="timeline ends">
              {data.slice(0, SHOWN).map((report) => (
                <li key={report.id}>
                  <span class="badges">
                    <a href={href(['solvency', 'runs', report.id])}>{businessDate(report.business_date)}</a>
                    <Badge tone={toneOfStatus(report.status)}>{words.solvency.statuses[report.status]}</Badge>
                  </span>
                  <Age at={report.started_at} />
                </li>
              ))}
            </ul>
          )
        }
      </Part>
    </Card>
  );
}
