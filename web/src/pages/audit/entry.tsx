/** One entry of the log: its leaf, what was recorded, its receipt. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Download } from '../../ui/download.tsx';
import { Digest, Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Empty, Part } from '../../ui/part.tsx';
import { CheckBundle } from './check-bundle.tsx';

export function Entry({ parts: [, , index = ''] }: PageParts) {
  const { words, count } = useLocale();
  const { audit } = words;
  const load = useLoad(`entry ${index}`, (signal) => get('GET /v1/audit/entries/{index}', { path: { index } }, signal));
  const at = Number(index);
  return (
    <Page
      back={{ href: href(['audit']), label: audit.title }}
      title={audit.atEntry(Number.isSafeInteger(at) ? count(at) : index)}
      aside={
        <Download
          path={`/v1/audit/entries/${encodeURIComponent(index)}/receipt`}
          name={`receipt-${index}.txt`}
          label={audit.receipt}
        />
      }
    >
      <Part load={load}>
        {(entry) => (
          <div class="stack">
            <div class="grid">
              <Card title={audit.leaf}>
                <Facts
                  facts={[
                    [audit.stream, `${entry.stream} #${entry.seq}`],
                    [
                      audit.record,
                      <a key="record" href={href(['audit', 'records', entry.stream, entry.record_id])}>
                        <code>{entry.record_id}</code>
                      </a>,
                    ],
                    [audit.op, entry.op],
                    [audit.actor, entry.actor],
                    [words.common.time, <Time key="at" at={entry.at} />],
                    [audit.leafHash, <Digest key="leaf" value={entry.leaf_hash} chars={64} />],
                    [audit.dataHash, <Digest key="data" value={entry.data_hash} chars={64} />],
                    [audit.previousHash, <Digest key="previous" value={entry.previous_hash} chars={64} />],
                  ]}
                />
              </Card>
              <CheckBundle
                query={{ first: entry.index, end: entry.index + 1 }}
                name={`audit-entry-${entry.index}.json`}
              />
            </div>
            <Card title={audit.recorded}>
              {entry.record === null ? (
                <Empty>
                  {entry.forgotten_by === null ? audit.noRecord : audit.forgotten(count(entry.forgotten_by))}
                </Empty>
              ) : (
                // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse
                <pre class="record" tabIndex={0}>
                  {JSON.stringify(entry.record, null, 2)}
                </pre>
              )}
            </Card>
            <Card title={audit.leafText}>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse */}
              <pre class="record" tabIndex={0}>
                {entry.leaf}
              </pre>
            </Card>
          </div>
        )}
      </Part>
    </Page>
  );
}
