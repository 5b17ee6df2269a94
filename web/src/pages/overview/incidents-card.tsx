/** Incidents that nobody has ended, where the service has incidents. */
import type { Answer } from '../../api.ts';
import type { Loaded } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Age } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { titleOf } from '../incidents/title.ts';
import { toneOfIncident } from '../incidents/tones.ts';

const SHOWN = 5;

export function IncidentsCard({ load }: { readonly load: Loaded<Answer<'GET /v1/incidents'>> }) {
  const { words } = useLocale();
  const { incidents } = words;
  return (
    <Card title={incidents.title} aside={<a href={href(['incidents'])}>{words.overview.details}</a>}>
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{incidents.none}</Empty>
          ) : (
            <ul class="timeline ends">
              {data.slice(0, SHOWN).map(({ id, event, status, last_seen_at }) => (
                <li key={id}>
                  <span class="badges">
                    <a href={href(['incidents', id])}>{titleOf(event, words)}</a>
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
