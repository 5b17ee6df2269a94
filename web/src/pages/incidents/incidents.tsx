/** Incidents: what somebody has to look at. */
import { get } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { href, place, replace } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Choice } from '../../ui/field.tsx';
import { Age, Time } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { Silences } from './silences.tsx';
import { titleOf } from './title.ts';
import { toneOfIncident, toneOfSeverity } from './tones.ts';

const STATUSES = ['live', 'open', 'acknowledged', 'resolved'] as const;

export function Incidents() {
  const { words } = useLocale();
  const { incidents } = words;
  const { query } = useShared(place);
  const status = STATUSES.find((each) => each === query.get('status'));
  const pages = usePages(
    `incidents ${status}`,
    (cursor) => get('GET /v1/incidents', { query: { limit: 50, cursor, status } }),
    3_000,
  );
  return (
    <Page
      title={incidents.title}
      lead={incidents.lead}
      aside={
        <Choice
          label={incidents.status}
          value={status ?? ''}
          onChoice={(chosen) => replace(href(['incidents'], { status: chosen }))}
          options={[['', words.common.all], ...STATUSES.map((each) => [each, incidents.statuses[each]] as const)]}
        />
      }
    >
      <div class="stack">
        <Card title={incidents.title}>
          <Part load={pages.load}>
            {() =>
              pages.rows.length === 0 ? (
                <Empty>{incidents.none}</Empty>
              ) : (
                <>
                  <Table
                    caption={incidents.title}
                    rows={pages.rows}
                    keyOf={({ id }) => id}
                    columns={[
                      {
                        title: incidents.what,
                        cell: ({ id, event, title }) => (
                          <>
                            <a href={href(['incidents', id])}>{titleOf(event, words)}</a>
                            <code class="small block">{event}</code>
                            <span class="small block" lang="en">
                              {title}
                            </span>
                          </>
                        ),
                      },
                      {
                        title: incidents.status,
                        cell: ({ status: is, severity }) => (
                          <span class="badges column">
                            <Badge tone={toneOfIncident(is)}>{incidents.statuses[is]}</Badge>
                            <Badge tone={toneOfSeverity(severity)}>{incidents.severities[severity]}</Badge>
                          </span>
                        ),
                      },
                      { title: incidents.count, numeric: true, cell: ({ count }) => <span class="num">{count}</span> },
                      { title: incidents.opened, cell: ({ opened_at }) => <Time at={opened_at} /> },
                      { title: incidents.lastSeen, cell: ({ last_seen_at }) => <Age at={last_seen_at} /> },
                      { title: incidents.owner, cell: ({ acknowledged_by }) => acknowledged_by ?? words.common.none },
                    ]}
                  />
                  <More pages={pages} />
                </>
              )
            }
          </Part>
        </Card>
        <Silences />
      </div>
    </Page>
  );
}
