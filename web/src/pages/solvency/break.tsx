/** One break: what is wrong, since when, what happened to it, and accepting it with a reason. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import { instantOf } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Amount, Time } from '../../ui/figure.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Part } from '../../ui/part.tsx';
import { toneOfBreak } from './tones.ts';

type Found = Answer<'GET /v1/reconciliation-breaks/{id}'>;

export function Break({ parts: [, , id = ''] }: PageParts) {
  const { words } = useLocale();
  const { solvency } = words;
  const [accepting, setAccepting] = useState(false);
  const load = useLoad(`break ${id}`, (signal) => get('GET /v1/reconciliation-breaks/{id}', { path: { id } }, signal), {
    everyMs: 10_000,
  });
  const { data } = load;
  return (
    <Page
      back={{ href: href(['solvency', 'breaks']), label: solvency.breaks }}
      title={data === undefined ? solvency.oneBreak : `${solvency.oneBreak}: ${data.line ?? data.key}`}
      lead={data?.text}
      aside={
        data?.state === 'open' && (
          <button type="button" class="primary" onClick={() => setAccepting(true)}>
            {solvency.accept}
          </button>
        )
      }
    >
      <Part load={load}>{(found) => <Body found={found} />}</Part>
      {accepting && data !== undefined && (
        <Accept
          found={data}
          onDone={() => {
            setAccepting(false);
            load.again();
          }}
          onClose={() => setAccepting(false)}
        />
      )}
    </Page>
  );
}

function Body({ found }: { readonly found: Found }) {
  const { words } = useLocale();
  const { solvency } = words;
  return (
    <div class="grid">
      <Card title={solvency.fact}>
        <Facts
          facts={[
            [solvency.amount, <Amount key="amount" value={found.amount} currency={found.currency} signed />],
            [
              solvency.status,
              <Badge key="state" tone={toneOfBreak(found.state)}>
                {solvency.breakStates[found.state]}
              </Badge>,
            ],
            [solvency.kind, solvency.breakKinds[found.kind]],
            [solvency.account, found.account ?? words.common.none],
            [solvency.age, solvency.days(found.age_days)],
            [
              solvency.firstSeen,
              <a key="first" href={href(['solvency', 'runs', found.first_seen_report])}>
                <Time at={found.first_as_of} />
              </a>,
            ],
            [
              solvency.lastSeen,
              <a key="last" href={href(['solvency', 'runs', found.last_seen_report])}>
                <Time at={found.last_as_of} />
              </a>,
            ],
            ...(found.line === null
              ? []
              : [
                  [
                    solvency.movements,
                    <a key="moved" href={href(['solvency', 'runs', found.last_seen_report, 'lines', found.line])}>
                      {found.line}
                    </a>,
                  ] as const,
                ]),
          ]}
        />
      </Card>
      <Card title={solvency.happened}>
        <ul class="timeline">
          {[...found.events].reverse().map((event) => (
            <li key={`${event.at} ${event.event}`}>
              <Time at={event.at} />
              <span>
                {solvency.breakEvents[event.event]} · <Amount value={event.amount} currency={found.currency} signed />
                {event.actor !== null && ` · ${event.actor}`}
                {event.reason !== null && <span class="small block">{event.reason}</span>}
              </span>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}

function Accept({
  found,
  onDone,
  onClose,
}: {
  readonly found: Found;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { words, zone } = useLocale();
  const { solvency } = words;
  const acting = useAct();
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState('');
  const [upTo, setUpTo] = useState('');
  const body = {
    reason: reason.trim(),
    ...(until === '' ? {} : { until: instantOf(until, zone) }),
    ...(upTo === '' ? {} : { up_to: upTo.trim() }),
  };
  const submit = async (): Promise<void> => {
    const done = await acting.run(
      (key) => act('POST /v1/reconciliation-breaks/{id}/accept', { path: { id: found.id }, body }, key),
      body,
    );
    if (done) onDone();
  };
  return (
    <ActDialog
      title={solvency.accept}
      about={solvency.acceptAbout}
      submit={solvency.accept}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={words.common.reason}
        hint={words.common.reasonHint}
        value={reason}
        onText={setReason}
        required
        maxLength={100}
      />
      <TextField
        label={solvency.until}
        hint={`${solvency.untilHint} (${zone})`}
        type="datetime-local"
        value={until}
        onText={setUntil}
      />
      <TextField
        label={`${solvency.upTo} (${found.currency})`}
        hint={solvency.upToHint}
        value={upTo}
        onText={setUpTo}
        inputMode="decimal"
      />
    </ActDialog>
  );
}
