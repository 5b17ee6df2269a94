/** What moved a line since the report before: the ledger's entries, and what none of them explains. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Amount, Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

export function Movements({ parts: [, , id = '', , line = ''] }: PageParts) {
  const { words } = useLocale();
  const { solvency } = words;
  const read = (cursor?: string) =>
    get('GET /v1/reconciliations/{id}/lines/{line}/movements', { path: { id, line }, query: { limit: 50, cursor } });
  const load = useLoad(`movements ${id} ${line}`, () => read());
  const pages = usePages(`entries ${id} ${line}`, read);
  const currency = load.data?.currency ?? 'VND';
  return (
    <Page
      back={{ href: href(['solvency', 'runs', id]), label: solvency.report }}
      title={load.data === undefined ? solvency.movements : `${solvency.movements}: ${load.data.title}`}
    >
      <Part load={load}>
        {(found) => (
          <div class="stack">
            <div class="grid">
              <Card title={solvency.whatMoved}>
                <Facts
                  facts={[
                    [solvency.account, found.account],
                    [
                      solvency.observedChange,
                      <Amount key="o" value={found.observed.change} currency={currency} signed />,
                    ],
                    [solvency.entriesSum, <Amount key="e" value={found.entries_amount} currency={currency} signed />],
                    [solvency.noEntry, <Amount key="u" value={found.unexplained} currency={currency} signed />],
                    [solvency.rewritten, <Amount key="r" value={found.rewritten} currency={currency} signed />],
                  ]}
                />
              </Card>
              <Card title={solvency.counterAccounts}>
                {found.counter_accounts.length === 0 ? (
                  <Empty>{solvency.noEntries}</Empty>
                ) : (
                  <Table
                    caption={solvency.counterAccounts}
                    rows={found.counter_accounts}
                    keyOf={({ account, currency: of }) => `${account} ${of}`}
                    columns={[
                      { title: solvency.account, cell: ({ account }) => account },
                      {
                        title: solvency.entryCount,
                        numeric: true,
                        cell: ({ entries }) => <span class="num">{entries}</span>,
                      },
                      {
                        title: solvency.amount,
                        numeric: true,
                        cell: ({ amount, currency: of }) => <Amount value={amount} currency={of} signed />,
                      },
                    ]}
                  />
                )}
              </Card>
            </div>
            <Card title={solvency.entries}>
              {pages.rows.length === 0 ? (
                <Empty>{solvency.noEntries}</Empty>
              ) : (
                <>
                  <Table
                    caption={solvency.entries}
                    rows={pages.rows}
                    keyOf={(entry) => entry.id}
                    columns={[
                      { title: words.common.time, cell: ({ created_at }) => <Time at={created_at} /> },
                      { title: solvency.counterAccount, cell: ({ counter_account }) => counter_account },
                      { title: solvency.reference, cell: ({ reference }) => reference ?? words.common.none },
                      {
                        title: solvency.amount,
                        numeric: true,
                        cell: (entry) => <Amount value={entry.amount} currency={entry.currency} signed />,
                      },
                    ]}
                  />
                  <More pages={pages} />
                </>
              )}
            </Card>
          </div>
        )}
      </Part>
    </Page>
  );
}
