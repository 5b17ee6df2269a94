/** What reports could not explain. */
import { get } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { href, place, replace } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Choice } from '../../ui/field.tsx';
import { Amount, Time } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { toneOfBreak } from './tones.ts';

const STATES = ['open', 'accepted', 'resolved'] as const;

export function Breaks() {
  const { words } = useLocale();
  const { solvency } = words;
  const { query } = useShared(place);
  const state = STATES.find((each) => each === query.get('state'));
  const pages = usePages(
    `breaks ${state}`,
    (cursor) => get('GET /v1/reconciliation-breaks', { query: { limit: 50, cursor, state } }),
    10_000,
  );
  return (
    <Page
      title={solvency.breaks}
      lead={solvency.breaksLead}
      aside={
        <Choice
          label={solvency.status}
          value={state ?? ''}
          onChoice={(chosen) => replace(href(['solvency', 'breaks'], { state: chosen }))}
          options={[['', words.common.all], ...STATES.map((each) => [each, solvency.breakStates[each]] as const)]}
        />
      }
    >
      <Card title={solvency.breaks}>
        <Part load={pages.load}>
          {() =>
            pages.rows.length === 0 ? (
              <Empty>{solvency.noBreaks}</Empty>
            ) : (
              <>
                <Table
                  caption={solvency.breaks}
                  rows={pages.rows}
                  keyOf={({ id }) => id}
                  columns={[
                    {
                      title: solvency.line,
                      cell: ({ id, line, key }) => <a href={href(['solvency', 'breaks', id])}>{line ?? key}</a>,
                    },
                    { title: solvency.kind, cell: ({ kind }) => solvency.breakKinds[kind] },
                    {
                      title: solvency.status,
                      cell: ({ state: is }) => <Badge tone={toneOfBreak(is)}>{solvency.breakStates[is]}</Badge>,
                    },
                    {
                      title: solvency.amount,
                      numeric: true,
                      cell: ({ amount, currency }) => <Amount value={amount} currency={currency} signed />,
                    },
                    { title: solvency.age, numeric: true, cell: ({ age_days }) => solvency.days(age_days) },
                    { title: solvency.firstSeen, cell: ({ first_as_of }) => <Time at={first_as_of} /> },
                    { title: solvency.what, cell: ({ text }) => <span class="small block">{text}</span> },
                  ]}
                />
                <More pages={pages} />
              </>
            )
          }
        </Part>
      </Card>
    </Page>
  );
}
