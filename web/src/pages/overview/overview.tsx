/** The first page: can we pay, and is everything that this rests on well? */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { useOffers } from '../../offers.ts';
import { href } from '../../router.ts';
import { Card, Page } from '../../ui/card.tsx';
import { Part } from '../../ui/part.tsx';
import { DifferenceChart } from '../solvency/difference-chart.tsx';
import { ArchiveCard } from './archive-card.tsx';
import { AuditCard } from './audit-card.tsx';
import { BreaksCard } from './breaks-card.tsx';
import { IncidentsCard } from './incidents-card.tsx';
import { newestReports } from './newest.ts';
import { ProvidersCard, RateCard } from './rate-cards.tsx';
import { RunsCard } from './runs-card.tsx';
import { Verdict } from './verdict.tsx';

const REPORTS_MS = 5_000;
const INCIDENTS_MS = 3_000;
/** What the service may lack. */
const OPTIONAL = ['GET /v1/incidents', 'GET /v1/archive/summary'] as const;
const CARDS = 5;

export function Overview() {
  const { words } = useLocale();
  const has = useOffers(OPTIONAL);
  const incidents = useLoad(
    'live incidents',
    (signal) => get('GET /v1/incidents', { query: { status: 'live', limit: 20 } }, signal),
    { everyMs: INCIDENTS_MS, skip: !has('GET /v1/incidents') },
  );
  const reports = useLoad('overview', newestReports, {
    everyMs: REPORTS_MS,
  });
  const payouts = useLoad('payouts', (signal) => get('GET /v1/payouts/permission', {}, signal), {
    everyMs: REPORTS_MS,
  });
  return (
    <Page title={words.overview.title}>
      <Part load={reports}>{(data) => <Verdict reports={data} payouts={payouts.data} />}</Part>
      <div class={`grid of-${CARDS + OPTIONAL.filter(has).length}`}>
        <Card wide title={words.overview.trend} aside={<a href={href(['solvency'])}>{words.overview.allReports}</a>}>
          <Part load={reports}>{(data) => <DifferenceChart reports={data} height={200} />}</Part>
        </Card>
        <RateCard />
        <ProvidersCard />
        <RunsCard reports={reports} />
        <AuditCard incidents={incidents.data?.data ?? []} />
        <BreaksCard payouts={payouts} />
        {has('GET /v1/incidents') && <IncidentsCard load={incidents} />}
        {has('GET /v1/archive/summary') && <ArchiveCard />}
      </div>
    </Page>
  );
}
