/** How far archival is behind, and what it saves. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Card, Facts } from '../../ui/card.tsx';
import { Age } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Cost } from '../archive/cost.tsx';
import { DueRows } from '../archive/due-rows.tsx';

export function ArchiveCard() {
  const { words } = useLocale();
  const { archive } = words;
  const load = useLoad('archive summary', (signal) => get('GET /v1/archive/summary', {}, signal), { everyMs: 60_000 });
  return (
    <Card title={archive.lag} aside={<a href={href(['archive'])}>{words.overview.details}</a>}>
      <Part load={load}>
        {({ tables, saving_month, currency }) => (
          <>
            {tables.length === 0 ? (
              <Empty>{archive.noLag}</Empty>
            ) : (
              <Facts
                facts={tables.map(({ table, due_rows, oldest_due_at }) => [
                  <a key={table} href={href(['archive'], { table })}>
                    {table}
                  </a>,
                  <span key="due">
                    <DueRows rows={due_rows} />
                    {oldest_due_at !== null && (
                      <span class="small block">
                        {archive.oldestDue} <Age at={oldest_due_at} />
                      </span>
                    )}
                  </span>,
                ])}
              />
            )}
            <Facts
              facts={[[archive.savingMonth, <Cost key="saving" value={saving_month} currency={currency} signed />]]}
            />
          </>
        )}
      </Part>
    </Card>
  );
}
