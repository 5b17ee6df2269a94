/** Every attempt to tell somebody something, the channels, and who wants to be told where. */
import { type Answer, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href, place, replace } from '../../router.ts';
import { useShared } from '../../state.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Choice } from '../../ui/field.tsx';
import { Time } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { titleOf } from '../incidents/title.ts';
import { Endpoints } from './endpoints.tsx';
import { STATUSES, toneOfNotification } from './tones.ts';

export function Notifications() {
  const { words, count } = useLocale();
  const { notifications } = words;
  const { query } = useShared(place);
  const status = STATUSES.find((each) => each === query.get('status'));
  const pages = usePages(
    `notifications ${status}`,
    (cursor) => get('GET /v1/notifications', { query: { limit: 50, cursor, status } }),
    5_000,
  );
  const channels = useLoad('channels', (signal) => get('GET /v1/notification-channels', {}, signal), {
    everyMs: 10_000,
  });
  return (
    <Page
      title={notifications.title}
      lead={notifications.lead}
      aside={
        <>
          <a class="button" href={href(['notifications', 'templates'])}>
            {notifications.templates}
          </a>
          <Choice
            label={notifications.status}
            value={status ?? ''}
            onChoice={(chosen) => replace(href(['notifications'], { status: chosen }))}
            options={[['', words.common.all], ...STATUSES.map((each) => [each, notifications.statuses[each]] as const)]}
          />
        </>
      }
    >
      <div class="stack">
        <Card title={notifications.title}>
          <Part load={pages.load}>
            {() =>
              pages.rows.length === 0 ? (
                <Empty>{notifications.none}</Empty>
              ) : (
                <>
                  <Table
                    caption={notifications.title}
                    rows={pages.rows}
                    keyOf={({ id }) => id}
                    columns={[
                      {
                        title: notifications.event,
                        cell: ({ id, event }) => (
                          <>
                            <a href={href(['notifications', id])}>{titleOf(event, words)}</a>
                            <code class="small block">{event}</code>
                          </>
                        ),
                      },
                      { title: notifications.channel, cell: ({ channel }) => channel },
                      { title: notifications.recipient, cell: ({ recipient }) => recipient },
                      {
                        title: notifications.status,
                        cell: ({ status: is }) => (
                          <Badge tone={toneOfNotification(is)}>{notifications.statuses[is]}</Badge>
                        ),
                      },
                      {
                        title: notifications.tries,
                        numeric: true,
                        cell: ({ retry_count }) => <span class="num">{count(retry_count)}</span>,
                      },
                      { title: notifications.created, cell: ({ created_at }) => <Time at={created_at} /> },
                    ]}
                  />
                  <More pages={pages} />
                </>
              )
            }
          </Part>
        </Card>
        <div class="grid">
          <Card title={notifications.channels}>
            <Part load={channels}>{(found) => <Channels found={found} />}</Part>
          </Card>
          <Endpoints />
        </div>
      </div>
    </Page>
  );
}

function Channels({ found }: { readonly found: Answer<'GET /v1/notification-channels'> }) {
  const { words, count } = useLocale();
  const { notifications } = words;
  return (
    <Facts
      facts={[
        [
          notifications.backlog,
          <span key="due" class="num">
            {count(found.backlog.due)}
          </span>,
        ],
        [
          notifications.dead,
          <span key="dead" class="num">
            {count(found.backlog.dead)}
          </span>,
        ],
        ...found.data.map(({ channel, providers }) => [channel, providers.join(', ') || words.common.none] as const),
        ...found.breakers.map(
          ({ name, state }) =>
            [
              name,
              <Badge key={name} tone={state === 'closed' ? 'good' : 'bad'}>
                {state}
              </Badge>,
            ] as const,
        ),
      ]}
    />
  );
}
