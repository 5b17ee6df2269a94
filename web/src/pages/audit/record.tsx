/** What became of a record, change by change, each verified here when asked. */
import { get } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Card, Page } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { CheckBundle } from './check-bundle.tsx';
import { Diff } from './diff.tsx';

export function RecordPage({ parts: [, , stream = '', id = ''] }: PageParts) {
  const { words, count } = useLocale();
  const { audit } = words;
  const pages = usePages(`record ${stream} ${id}`, (cursor) =>
    get('GET /v1/audit/records/{stream}/{record_id}', {
      path: { stream, record_id: id },
      query: { limit: 20, cursor, proofs: 'false' },
    }),
  );
  return (
    <Page
      back={{ href: href(['audit']), label: audit.title }}
      title={`${audit.record} · ${stream}`}
      lead={<code>{id}</code>}
    >
      <Part load={pages.load}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty>{audit.noHistory}</Empty>
          ) : (
            <div class="stack">
              <CheckBundle query={{ stream, record_id: id }} name={`audit-${stream}.json`} />
              {pages.rows.map((change) => (
                <Card
                  key={change.index}
                  title={`${change.op} · ${change.actor}`}
                  aside={
                    <>
                      <Time at={change.at} />
                      <a href={href(['audit', 'entries', change.index])}>{audit.atEntry(count(change.index))}</a>
                    </>
                  }
                >
                  {change.record === null ? (
                    <Empty>
                      {change.forgotten_by === null ? audit.noRecord : audit.forgotten(count(change.forgotten_by))}
                    </Empty>
                  ) : (
                    <Diff before={change.before?.record} after={change.record} />
                  )}
                </Card>
              ))}
              <More pages={pages} />
            </div>
          )
        }
      </Part>
    </Page>
  );
}
