/** One endpoint: how it does, a test to it, what it wants to hear, and its secret. */
import { useState } from 'preact/hooks';
import { act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { go, href } from '../../router.ts';
import { useAct } from '../../ui/act.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Failure, Part } from '../../ui/part.tsx';
import { type EndpointAct, EndpointDialog } from './endpoint-acts.tsx';
import { type Endpoint, preferencesOf } from './endpoint-form.ts';
import { Health } from './endpoints.tsx';

export function EndpointPage({ parts: [, , id = ''] }: PageParts) {
  const { words } = useLocale();
  const { notifications } = words;
  const [open, setOpen] = useState<EndpointAct>();
  const [secret, setSecret] = useState<string>();
  const testing = useAct();
  const load = useLoad(
    `endpoint ${id}`,
    (signal) => get('GET /v1/notification-endpoints/{id}', { path: { id } }, signal),
    { everyMs: 5_000 },
  );
  const { data } = load;
  const test = async (): Promise<void> => {
    let sent = '';
    // Pressed twice, it is tested twice.
    const done = await testing.run(async (key) => {
      sent = (await act('POST /v1/notification-endpoints/{id}/test', { path: { id }, body: {} }, key)).notification_id;
    }, crypto.randomUUID());
    if (done) go(href(['notifications', sent]));
  };
  return (
    <Page
      back={{ href: href(['notifications']), label: notifications.title }}
      title={data === undefined ? notifications.endpoint : data.label}
      lead={data && `${data.channel} ${data.address}`}
      aside={
        data !== undefined && (
          <>
            <button type="button" class="primary" disabled={testing.busy} onClick={() => void test()}>
              {notifications.test}
            </button>
            <button type="button" class="quiet" onClick={() => setOpen('change')}>
              {notifications.change}
            </button>
          </>
        )
      }
    >
      {testing.problem !== undefined && <Failure problem={testing.problem} />}
      {secret !== undefined && (
        <div class="notice warn" role="status">
          <div>
            <p>{notifications.secretOnce}</p>
            <pre class="record" data-secret>
              {secret}
            </pre>
            <button type="button" class="quiet" onClick={() => setSecret(undefined)}>
              {words.keys.kept}
            </button>
          </div>
        </div>
      )}
      <Part load={load}>
        {(found) => (
          <div class="grid">
            <Card title={notifications.health}>
              <HealthFacts endpoint={found} />
            </Card>
            <Card title={notifications.preferences} aside={<Acts endpoint={found} onOpen={setOpen} />}>
              <PreferenceFacts endpoint={found} />
            </Card>
          </div>
        )}
      </Part>
      {open !== undefined && data !== undefined && (
        <EndpointDialog
          what={open}
          endpoint={data}
          onClose={() => setOpen(undefined)}
          onDone={(shown) => {
            setOpen(undefined);
            if (open === 'delete') return go(href(['notifications']));
            setSecret(shown);
            load.again();
          }}
        />
      )}
    </Page>
  );
}

function Acts({
  endpoint: { status, channel },
  onOpen,
}: {
  readonly endpoint: Endpoint;
  readonly onOpen: (what: EndpointAct) => void;
}) {
  const { words } = useLocale();
  const offered: readonly EndpointAct[] = [
    status === 'enabled' ? 'disable' : 'enable',
    ...(channel === 'webhook' ? (['secret', 'rotate'] as const) : []),
    'recover',
    'delete',
  ];
  return (
    <>
      {offered.map((each) => (
        <button type="button" class="tool" key={each} onClick={() => onOpen(each)}>
          {words.notifications.acts[each].title}
        </button>
      ))}
    </>
  );
}

function HealthFacts({ endpoint }: { readonly endpoint: Endpoint }) {
  const { words, count } = useLocale();
  const { notifications } = words;
  const { health } = endpoint;
  return (
    <Facts
      facts={[
        [
          notifications.status,
          <span key="s">
            <Health endpoint={endpoint} />
          </span>,
        ],
        [notifications.failuresInRow, count(health.failures)],
        [
          notifications.failingSince,
          health.failing_since === null ? words.common.none : <Time key="f" at={health.failing_since} />,
        ],
        [notifications.lastSuccess, <Time key="l" at={health.last_success_at} />],
        [notifications.of, endpoint.team ?? endpoint.merchant_id ?? words.common.none],
        [words.rates.setBy, endpoint.created_by],
        [notifications.created, <Time key="c" at={endpoint.created_at} />],
        ...(endpoint.secret_overlap_until === null
          ? []
          : [[notifications.overlap, <Time key="o" at={endpoint.secret_overlap_until} />] as const]),
      ]}
    />
  );
}

function PreferenceFacts({ endpoint }: { readonly endpoint: Endpoint }) {
  const { words } = useLocale();
  const { notifications, incidents } = words;
  const { quietFrom, quietUntil, ...preferences } = preferencesOf(endpoint);
  return (
    <Facts
      facts={[
        [notifications.events, <code key="e">{preferences.events}</code>],
        [notifications.fromSeverity, incidents.severities[preferences.severity]],
        [words.nav.language, notifications.languages[preferences.locale]],
        [notifications.digest, notifications.digests[preferences.digest]],
        [notifications.quiet, quietFrom === '' ? words.common.none : `${quietFrom} – ${quietUntil} (${endpoint.zone})`],
      ]}
    />
  );
}
