/** One notification with every attempt; sending it once more. */
import { act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { titleOf } from '../incidents/title.ts';
import { toneOfNotification } from './tones.ts';

export function Notification({ parts: [, id = ''] }: PageParts) {
  const { words, count } = useLocale();
  const { notifications, common } = words;
  const load = useLoad(`notification ${id}`, (signal) => get('GET /v1/notifications/{id}', { path: { id } }, signal), {
    everyMs: 2_000,
  });
  const acting = useAct();
  const { data } = load;
  const isDead = data?.status === 'dead';
  const send = async (): Promise<void> => {
    const sent = { path: { id }, body: {} };
    // Pressed twice it is sent twice: that is what it is for.
    const done = await acting.run(
      (key) =>
        isDead
          ? act('POST /v1/notifications/{id}/redrive', sent, key)
          : act('POST /v1/notifications/{id}/resend', sent, key),
      crypto.randomUUID(),
    );
    if (done) load.again();
  };
  return (
    <Page
      back={{ href: href(['notifications']), label: notifications.title }}
      title={data === undefined ? notifications.title : titleOf(data.event, words)}
      lead={data === undefined ? undefined : <span lang="en">{data.message}</span>}
      aside={
        data !== undefined && (
          <button type="button" class="primary" disabled={acting.busy} onClick={() => void send()}>
            {isDead ? notifications.redrive : notifications.resend}
          </button>
        )
      }
    >
      {acting.problem !== undefined && <Failure problem={acting.problem} />}
      <Part load={load}>
        {(found) => (
          <div class="stack">
            <Card title={notifications.message}>
              <Facts
                facts={[
                  [
                    notifications.status,
                    <Badge key="s" tone={toneOfNotification(found.status)}>
                      {notifications.statuses[found.status]}
                    </Badge>,
                  ],
                  [notifications.event, <code key="e">{found.event}</code>],
                  [notifications.channel, found.channel],
                  [notifications.recipient, found.recipient],
                  [notifications.created, <Time key="c" at={found.created_at} />],
                  [
                    notifications.next,
                    found.next_retry_at === null ? common.none : <Time key="n" at={found.next_retry_at} />,
                  ],
                  [notifications.reason, found.suppressed ?? common.none],
                  [
                    words.incidents.title,
                    found.incident_id === null ? (
                      common.none
                    ) : (
                      <a key="i" href={href(['incidents', found.incident_id])}>
                        {words.overview.details}
                      </a>
                    ),
                  ],
                ]}
              />
            </Card>
            <Card title={notifications.attempts}>
              {found.attempts.length === 0 ? (
                <Empty>{notifications.noAttempts}</Empty>
              ) : (
                <Table
                  caption={notifications.attempts}
                  rows={found.attempts}
                  keyOf={({ attempt, ordinal }) => `${attempt} ${ordinal}`}
                  columns={[
                    { title: common.time, cell: ({ started_at }) => <Time at={started_at} /> },
                    { title: notifications.providers, cell: ({ provider }) => provider },
                    {
                      title: notifications.status,
                      cell: ({ outcome, status_code }) => (
                        <Badge tone={outcome === 'accepted' || outcome === 'delivered' ? 'good' : 'bad'}>
                          {notifications.outcomes[outcome]}
                          {status_code !== null && ` (HTTP ${status_code})`}
                        </Badge>
                      ),
                    },
                    {
                      title: words.audit.took,
                      numeric: true,
                      cell: ({ duration_ms }) => <span class="num">{count(duration_ms)} ms</span>,
                    },
                    {
                      title: words.rates.why,
                      cell: ({ error }) => (
                        <span class="small block" lang="en">
                          {error}
                        </span>
                      ),
                    },
                  ]}
                />
              )}
            </Card>
          </div>
        )}
      </Part>
    </Page>
  );
}
