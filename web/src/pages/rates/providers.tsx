/** Who is asked for rates: breaker, next call, quota, how it went; and breakers by hand. */
import { useState } from 'preact/hooks';
import { type Answer, act } from '../../api.ts';
import type { Loaded } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Choice, TextField } from '../../ui/field.tsx';
import { Age, Time, Until, useNow } from '../../ui/figure.tsx';
import { Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { type Provider, toneOfBreaker } from './tones.ts';

export interface ProvidersProps {
  readonly load: Loaded<Answer<'GET /v1/rates/providers'>>;
  /** After a breaker was set by hand. */
  readonly onAct: () => void;
}

export function Providers({ load, onAct }: ProvidersProps) {
  const { words, count, duration } = useLocale();
  const { rates, common } = words;
  const [open, setOpen] = useState<Provider>();
  const time = useNow();
  return (
    <Card title={rates.providers}>
      <Part load={load}>
        {({ data }) => (
          <Table
            caption={rates.providers}
            rows={data}
            keyOf={({ source }) => source}
            columns={[
              {
                title: rates.source,
                cell: ({ source, role }) => (
                  <>
                    {source}
                    <span class="small block" lang="en">
                      {role}
                    </span>
                  </>
                ),
              },
              { title: rates.breaker, cell: (provider) => <BreakerBadge provider={provider} /> },
              {
                title: rates.nextProbe,
                cell: ({ breaker, next_call_at, enabled }) => {
                  if (!enabled) return common.none;
                  if (breaker.state === 'open' && breaker.retry_in_ms !== null && load.at !== undefined) {
                    return `${rates.probeIn} ${duration(Math.max(0, load.at + breaker.retry_in_ms - time))}`;
                  }
                  return next_call_at === null ? common.none : <Until at={next_call_at} />;
                },
              },
              {
                title: rates.failures,
                numeric: true,
                cell: ({ consecutive_failures }) => <span class="num">{count(consecutive_failures)}</span>,
              },
              {
                title: rates.last,
                cell: ({ last_outcome, last_message, latency_ms }) => (
                  <>
                    {last_outcome === 'ok' ? words.service.ok : (last_outcome ?? common.never)}
                    {latency_ms !== null && last_outcome === 'ok' && (
                      <span class="soft num"> {count(latency_ms)} ms</span>
                    )}
                    {last_message !== null && (
                      <span class="small block" lang="en">
                        {last_message}
                      </span>
                    )}
                  </>
                ),
              },
              {
                title: rates.lastGood,
                cell: ({ last_success_at }) => (last_success_at === null ? common.never : <Age at={last_success_at} />),
              },
              {
                title: rates.quota,
                numeric: true,
                cell: ({ calls_left }) =>
                  calls_left === null ? (
                    <span class="soft">{rates.noQuota}</span>
                  ) : (
                    <span class="num">{rates.callsLeft(count(calls_left))}</span>
                  ),
              },
              {
                title: rates.byHand,
                acts: true,
                cell: (provider) => (
                  <button
                    type="button"
                    class="tool"
                    onClick={() => setOpen(provider)}
                    aria-label={`${rates.control} ${provider.source}`}
                  >
                    {rates.control}
                  </button>
                ),
              },
            ]}
          />
        )}
      </Part>
      {open !== undefined && (
        <Control
          provider={open}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            load.again();
            onAct();
          }}
        />
      )}
    </Card>
  );
}

function BreakerBadge({
  provider: { enabled, disabled_reason, breaker, held_until, held_reason },
}: {
  readonly provider: Provider;
}) {
  const { words } = useLocale();
  if (!enabled) {
    return (
      <>
        <Badge tone="idle">{words.rates.off}</Badge>
        <span class="small block">{disabled_reason}</span>
      </>
    );
  }
  return (
    <>
      <Badge tone={toneOfBreaker(breaker.state)}>{words.rates.breakerStates[breaker.state]}</Badge>
      {held_until !== null && (
        <span class="small block">
          {words.rates.heldUntil} <Time at={held_until} /> {held_reason}
        </span>
      )}
    </>
  );
}

const ACTIONS = ['open', 'close', 'reset'] as const;

function Control({
  provider,
  onDone,
  onClose,
}: {
  readonly provider: Provider;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { words } = useLocale();
  const { rates } = words;
  const acting = useAct();
  const [action, setAction] = useState<(typeof ACTIONS)[number]>('reset');
  const [reason, setReason] = useState('');
  const body = { action, reason: reason.trim() };
  const submit = async (): Promise<void> => {
    const done = await acting.run(
      (key) => act('POST /v1/rates/providers/{source}/breaker', { path: { source: provider.source }, body }, key),
      { ...body, source: provider.source },
    );
    if (done) onDone();
  };
  return (
    <ActDialog
      title={`${rates.breaker}: ${provider.source}`}
      about={rates.controlAbout}
      submit={rates.actions[action]}
      danger={action === 'close'}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <Choice
        label={rates.action}
        value={action}
        onChoice={(chosen) => setAction(ACTIONS.find((each) => each === chosen) ?? 'reset')}
        options={ACTIONS.map((each) => [each, rates.actions[each]] as const)}
        hint={rates.actionHints[action]}
      />
      <TextField
        label={words.common.reason}
        hint={words.common.reasonHint}
        value={reason}
        onText={setReason}
        required
        maxLength={100}
      />
    </ActDialog>
  );
}
