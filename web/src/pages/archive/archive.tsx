/** Old rows in cold storage: what it saves, policies and what they would do, runs, restores, and verification. */
import { useState } from 'preact/hooks';
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href, place } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { Batches } from './batches.tsx';
import { HeldAgainst } from './held-against.tsx';
import { Plan } from './plan.tsx';
import { Restores } from './restores.tsx';
import { Runs } from './runs.tsx';
import { type PolicySet, SetPolicy } from './set-policy.tsx';
import { Summary } from './summary.tsx';

export function Archive() {
  const { words } = useLocale();
  const { archive } = words;
  const table = useShared(place).query.get('table');
  return (
    <Page title={archive.title} lead={archive.lead}>
      <div class="stack">
        <Summary />
        <Policies />
        {table !== null && <Plan key={table} table={table} />}
        <Runs />
        <Restores />
        <Batches />
        <HeldAgainst />
      </div>
    </Page>
  );
}

function Policies() {
  const { words, count } = useLocale();
  const { archive } = words;
  const load = useLoad('policies', (signal) => get('GET /v1/archive/policies', {}, signal), { everyMs: 15_000 });
  const [open, setOpen] = useState<PolicySet | 'new'>();
  return (
    <Card
      title={archive.policies}
      aside={
        <button type="button" class="quiet" onClick={() => setOpen('new')}>
          {archive.newPolicy}
        </button>
      }
    >
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{archive.noPolicies}</Empty>
          ) : (
            <Table
              caption={archive.policies}
              rows={data}
              keyOf={({ table }) => table}
              columns={[
                { title: archive.table, cell: ({ table }) => <a href={href(['archive'], { table })}>{table}</a> },
                {
                  title: archive.age,
                  numeric: true,
                  cell: ({ policy }) => <span class="num">{archive.days(count(policy.age_days))}</span>,
                },
                { title: archive.class, cell: ({ policy }) => policy.storage_class },
                {
                  title: archive.state,
                  cell: ({ policy }) => (
                    <span class="badges">
                      <Badge tone={policy.enabled ? 'good' : 'idle'}>
                        {policy.enabled ? archive.enabled : archive.disabled}
                      </Badge>
                      {policy.legal_hold && <Badge tone="warn">{archive.hold}</Badge>}
                    </span>
                  ),
                },
                { title: words.rates.setBy, cell: ({ set_by }) => set_by },
                { title: words.common.time, cell: ({ set_at }) => <Time at={set_at} /> },
                {
                  title: words.keys.action,
                  acts: true,
                  cell: (set) => (
                    <button
                      type="button"
                      class="tool"
                      onClick={() => setOpen(set)}
                      aria-label={`${archive.change} ${set.table}`}
                    >
                      {archive.change}
                    </button>
                  ),
                },
              ]}
            />
          )
        }
      </Part>
      {open !== undefined && (
        <SetPolicy
          before={open === 'new' ? undefined : open}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            load.again();
          }}
        />
      )}
    </Card>
  );
}
