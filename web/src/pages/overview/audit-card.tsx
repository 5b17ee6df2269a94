/** How long the audit log is, how much of it is signed, and when this browser last verified it. */
import { get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Age, Digest } from '../../ui/figure.tsx';
import { Part } from '../../ui/part.tsx';
import { verifiedHere } from '../audit/verified-here.ts';

export function AuditCard() {
  const { words, count } = useLocale();
  const log = useLoad('audit log', (signal) => get('GET /v1/audit/log', {}, signal), { everyMs: 10_000 });
  return (
    <Card title={words.audit.title} aside={<a href={href(['audit'])}>{words.overview.details}</a>}>
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
