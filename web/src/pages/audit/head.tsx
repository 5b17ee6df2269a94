/** What the log is called, how long it is, how much of it is signed, and by which key. */
import { get, text } from '../../api.ts';
import { saveFile } from '../../browser/save.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Age, Digest } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Part } from '../../ui/part.tsx';
import { pinnedKey } from './pinned-key.ts';

export function Head() {
  const { words, count } = useLocale();
  const { audit } = words;
  const load = useLoad('head', (signal) => get('GET /v1/audit/log', {}, signal), { everyMs: 5_000 });
  const checkpoint = async (): Promise<void> =>
    saveFile('checkpoint.txt', new Blob([await text('/v1/audit/checkpoint')], { type: 'text/plain' }));
  return (
    <Card
      title={audit.log}
      aside={
        <button type="button" class="quiet" onClick={() => void checkpoint().catch(load.again)}>
          <Icon name="save" />
          {audit.checkpoint}
        </button>
      }
    >
      <Part load={load}>
        {({ origin, size, root, published, waiting, open_date, keys }) => {
          const pinned = pinnedKey(origin, keys);
          return (
            <>
              <Facts
                facts={[
                  [audit.origin, <code key="origin">{origin}</code>],
                  [
                    audit.entries,
                    <span key="size" class="num">
                      {count(size)}
                    </span>,
                  ],
                  [
                    audit.waiting,
                    <span key="waiting" class="num">
                      {count(waiting)}
                    </span>,
                  ],
                  [audit.root, <Digest key="root" value={root} chars={24} />],
                  [
                    audit.signed,
                    published === null ? (
                      <Badge key="signed" tone="warn">
                        {audit.notSigned}
                      </Badge>
                    ) : (
                      <span key="signed">
                        <span class="num">{count(published.size)}</span>, <Age at={published.signed_at} />
                      </span>
                    ),
                  ],
                  [audit.openDay, open_date.split('-').reverse().join('/')],
                  ...(pinned.vkey === undefined
                    ? []
                    : [[audit.vkey, <Digest key="vkey" value={pinned.vkey} chars={64} />] as const]),
                ]}
              />
              {pinned.isOther && (
                <p class="notice bad">
                  <Icon name="bad" />
                  {audit.otherKey}
                </p>
              )}
            </>
          );
        }}
      </Part>
    </Card>
  );
}
