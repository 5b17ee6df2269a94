/** How long the audit log is, how much of it is signed, and when this browser last verified it. */
import { type Answer, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Age, Digest } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Part } from '../../ui/part.tsx';
import { verifiedHere } from '../audit/verified-here.ts';

type Incident = Answer<'GET /v1/incidents'>['data'][number];

/** What watches the log, and the signer, tell under this name that it is not what it was. */
const DAMAGE = 'audit.refused';

/** @param incidents those that nobody has ended */
export function AuditCard({ incidents }: { readonly incidents: readonly Incident[] }) {
  const { words, count } = useLocale();
  const log = useLoad('audit log', (signal) => get('GET /v1/audit/log', {}, signal), { everyMs: 10_000 });
  const damage = incidents.find(({ event }) => event === DAMAGE);
  return (
    <Card title={words.audit.title} aside={<a href={href(['audit'])}>{words.overview.details}</a>}>
      {damage !== undefined && (
        <div class="notice bad" role="alert" data-log="damaged">
          <Icon name="bad" />
          <div>
            <p>
              {words.audit.damaged} <a href={href(['incidents', damage.id])}>{words.overview.details}</a>
            </p>
            <p class="small" lang="en">
              {damage.title}
            </p>
          </div>
        </div>
      )}
      <Part load={log}>
        {({ origin, size, root, published, waiting }) => {
          const verified = verifiedHere(origin);
          return (
            <Facts
              facts={[
                [
                  words.audit.entries,
                  <span key="size" class="num">
                    {count(size)}
                  </span>,
                ],
                [
                  words.audit.waiting,
                  <span key="waiting" class="num">
                    {count(waiting)}
                  </span>,
                ],
                [
                  words.audit.signed,
                  published === null ? (
                    <Badge key="signed" tone="warn">
                      {words.audit.notSigned}
                    </Badge>
                  ) : (
                    <span key="signed">
                      <span class="num">{count(published.size)}</span>, <Age at={published.signed_at} />
                    </span>
                  ),
                ],
                [words.audit.root, <Digest key="root" value={root} />],
                [
                  words.audit.verifiedHere,
                  verified === undefined ? (
                    <a key="verify" href={href(['audit', 'verify'])}>
                      {words.audit.verifyNow}
                    </a>
                  ) : (
                    <a key="verify" href={href(['audit', 'verify'])}>
                      <Age at={verified.at} />
                    </a>
                  ),
                ],
              ]}
            />
          );
        }}
      </Part>
    </Card>
  );
}
