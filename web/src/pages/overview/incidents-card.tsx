/** Incidents that nobody has ended, where the service has incidents. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Age } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { toneOfIncident } from '../incidents/tones.ts';

export function IncidentsCard() {
  const { words } = useLocale();
  const { incidents } = words;
  const load = useLoad(
    'live incidents',
    (signal) => get('GET /v1/incidents', { query: { status: 'live', limit: 5 } }, signal),
    {
      everyMs: 3_000,
    },
  );
  return (
    <Card title={incidents.title} aside={<a href={href(['incidents'])}>{words.overview.details}</a>}>
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{incidents.none}</Empty>
          ) : (
            <ul class="timeline ends">
              {data.map(({ id, event, status, last_seen_at }) => (
                <li key={id}>
                  <span class="badges">
                    <a href={href(['incidents', id])}>{event}</a>
                    <Badge tone={toneOfIncident(status)}>{incidents.statuses[status]}</Badge>
                  </span>
                  <Age at={last_seen_at} />
                </li>
              ))}
            </ul>
          )
        }
      </Part>
    </Card>
  );
}
