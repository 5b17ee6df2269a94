/** Whether the service is well, and which it is. */
import { health, ready } from '../../health.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

export function Service() {
  const { words, zone } = useLocale();
  const { service } = words;
  const known = useShared(health);
  const load = useLoad('readiness', ready, { everyMs: 5_000 });
  return (
    <Page title={service.title} lead={service.lead}>
      <div class="grid">
        <Card title={service.parts}>
          <Part load={load}>
            {({ ready: isReady, parts }) => (
              <div class="stack">
                <div class="badges">
                  <Badge tone={isReady ? 'good' : 'bad'}>{isReady ? service.ready : service.notReady}</Badge>
                </div>
                <Table
                  caption={service.parts}
                  rows={Object.entries(parts)}
                  keyOf={([name]) => name}
                  columns={[
                    { title: service.part, cell: ([name]) => service.partNames[name] ?? name },
                    {
                      title: words.solvency.status,
                      cell: ([, { ok }]) => <Badge tone={ok ? 'good' : 'bad'}>{ok ? service.ok : service.notOk}</Badge>,
                    },
                    { title: service.says, cell: ([, { error }]) => <span class="small block">{error}</span> },
                  ]}
                />
              </div>
            )}
          </Part>
        </Card>
        <Card title={service.about}>
          <Facts
            facts={[
              [service.version, known?.version ?? words.common.unknown],
              [service.mode, known === undefined ? words.common.unknown : service.modes[known.mode]],
              [service.zone, zone],
              [
                service.api,
                <a key="docs" href="/docs">
                  /docs
                </a>,
              ],
              [
                service.openapi,
                <a key="openapi" href="/openapi.json">
                  /openapi.json
                </a>,
              ],
              [
                service.metrics,
                <a key="metrics" href="/metrics">
                  /metrics
                </a>,
              ],
            ]}
          />
        </Card>
      </div>
    </Page>
  );
}
