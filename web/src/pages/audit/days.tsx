/** Closed days, each with the root that it ended with and all its entries as a file. */
import { get } from '../../api.ts';
import { businessDate } from '../../format/time.ts';
import { useLocale } from '../../locale.ts';
import { Card } from '../../ui/card.tsx';
import { Download } from '../../ui/download.tsx';
import { Digest } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

export function Days() {
  const { words, count } = useLocale();
  const { audit } = words;
  const pages = usePages('days', (cursor) => get('GET /v1/audit/days', { query: { limit: 7, cursor } }), 30_000);
  return (
    <Card title={audit.days}>
      <Part load={pages.load}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty>{audit.noDays}</Empty>
          ) : (
            <>
              <Table
                caption={audit.days}
                rows={pages.rows}
                keyOf={({ date }) => date}
                columns={[
                  { title: words.solvency.date, cell: ({ date }) => businessDate(date) },
                  {
                    title: audit.entries,
                    numeric: true,
                    cell: ({ entries }) => <span class="num">{count(entries)}</span>,
                  },
                  { title: audit.root, cell: ({ merkle_root }) => <Digest value={merkle_root} /> },
                  {
                    title: audit.bundle,
                    cell: ({ date }) => (
                      <Download
                        path={`/v1/audit/bundle?day=${date}`}
                        name={`audit-${date}.json`}
                        label={audit.bundle}
                      />
                    ),
                  },
                ]}
              />
              <More pages={pages} />
            </>
          )
        }
      </Part>
    </Card>
  );
}
