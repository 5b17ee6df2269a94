/** What archiving saves, what it costs, and how far it is behind. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { Card, Facts } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { Cost } from './cost.tsx';
import { DueRows } from './due-rows.tsx';

export function Summary() {
  const { words, count } = useLocale();
  const { archive } = words;
  const load = useLoad('archive summary', (signal) => get('GET /v1/archive/summary', {}, signal), { everyMs: 30_000 });
  return (
    <div class="grid">
      <Card title={archive.saving}>
        <Part load={load}>
          {({ currency, prices_dated, ...found }) => (
            <>
              <Facts
                facts={[
                  [archive.rowsArchived, count(BigInt(found.archived_rows))],
                  [archive.objects, count(found.objects)],
                  [archive.stored, `${count(BigInt(found.stored_bytes))} ${archive.bytes}`],
                  [archive.inDatabase, <Cost key="now" value={found.database_month} currency={currency} />],
                  [archive.inArchive, <Cost key="then" value={found.archive_month} currency={currency} />],
                  [archive.costUpload, <Cost key="upload" value={found.upload} currency={currency} />],
                  [
                    archive.savingMonth,
                    <strong key="saving">
                      <Cost value={found.saving_month} currency={currency} signed />
                    </strong>,
                  ],
                ]}
              />
              <p class="small">{archive.savingAbout(prices_dated)}</p>
            </>
          )}
        </Part>
      </Card>
      <Card title={archive.lag}>
        <Part load={load}>
          {({ tables }) =>
            tables.length === 0 ? (
              <Empty>{archive.noLag}</Empty>
            ) : (
              <Table
                caption={archive.lag}
                rows={tables}
                keyOf={({ table }) => table}
                columns={[
                  { title: archive.table, cell: ({ table }) => table },
                  { title: archive.due, numeric: true, cell: ({ due_rows }) => <DueRows rows={due_rows} /> },
                  {
                    title: archive.oldestDue,
                    cell: ({ oldest_due_at }) =>
                      oldest_due_at === null ? words.common.none : <Time at={oldest_due_at} />,
                  },
                ]}
              />
            )
          }
        </Part>
      </Card>
    </div>
  );
}
