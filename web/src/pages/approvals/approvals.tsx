/** What waits for a second person, shown exactly as it will be done. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Digest, Time } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';

type Approval = Answer<'GET /v1/approvals'>['data'][number];
const ACTS = ['approve', 'reject', 'withdraw'] as const;
type ActName = (typeof ACTS)[number];
interface Open {
  readonly what: ActName;
  readonly of: Approval;
}

const TONES: Readonly<Record<Approval['state'], Tone>> = {
  ...{ pending: 'warn', executed: 'good', rejected: 'bad', withdrawn: 'idle', expired: 'idle', void: 'idle' },
};

export function Approvals() {
  const { words } = useLocale();
  const { approvals } = words;
  const [open, setOpen] = useState<Open>();
  const pages = usePages('approvals', (cursor) => get('GET /v1/approvals', { query: { limit: 50, cursor } }), 5_000);
  return (
    <Page title={approvals.title} lead={approvals.lead}>
      <Part load={pages.load}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty>{approvals.none}</Empty>
          ) : (
            <div class="stack">
              {pages.rows.map((of) => (
                <One key={of.id} of={of} onOpen={(what) => setOpen({ what, of })} />
              ))}
              <More pages={pages} />
            </div>
          )
        }
      </Part>
      {open !== undefined && (
        <Dialog
          open={open}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            pages.load.again();
          }}
        />
      )}
    </Page>
  );
}

function One({ of, onOpen }: { readonly of: Approval; readonly onOpen: (what: ActName) => void }) {
  const { words } = useLocale();
  const { approvals, common } = words;
  return (
    <Card
      title={`${of.action} · ${of.target}`}
      aside={
        <>
          <Badge tone={TONES[of.state]}>{approvals.states[of.state]}</Badge>
          {of.break_glass && <Badge tone="bad">{approvals.alone}</Badge>}
          {of.state === 'pending' &&
            ACTS.map((what) => (
              <button
                type="button"
                key={what}
                class={what === 'approve' ? 'primary' : 'quiet'}
                onClick={() => onOpen(what)}
              >
                {approvals[what]}
              </button>
            ))}
        </>
      }
    >
      <div class="grid">
        <Facts
          facts={[
            [approvals.asked, of.requested_by],
            [common.reason, of.reason],
            [common.time, <Time key="at" at={of.requested_at} />],
            [approvals.expires, <Time key="until" at={of.expires_at} />],
            [approvals.decided, of.decided_by ?? common.none],
            ...(of.decision_reason === null ? [] : [[common.reason, of.decision_reason] as const]),
          ]}
        />
        <Exactly of={of} />
      </div>
    </Card>
  );
}

function Exactly({ of }: { readonly of: Approval }) {
  const { words } = useLocale();
  return (
    <div>
      <h3>{words.approvals.exactly}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a mouse */}
      <pre class="record" tabIndex={0}>
        {JSON.stringify(of.payload, null, 2)}
      </pre>
      <p class="small">
        {words.approvals.hash} <Digest value={of.payload_hash} chars={64} />
      </p>
    </div>
  );
}

interface DialogProps {
  readonly open: Open;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function Dialog({ open: { what, of }, onDone, onClose }: DialogProps) {
  const { words } = useLocale();
  const { approvals } = words;
  const acting = useAct();
  const [reason, setReason] = useState('');
  const path = { id: of.id };
  const send = (key: string): Promise<unknown> => {
    switch (what) {
      case 'approve':
        // Of the request as it was looked at: one that has become another is refused.
        return act('POST /v1/approvals/{id}/approve', { path, body: { payload_hash: of.payload_hash } }, key);
      case 'reject':
        return act('POST /v1/approvals/{id}/reject', { path, body: { reason: reason.trim() } }, key);
      case 'withdraw':
        return act('POST /v1/approvals/{id}/withdraw', { path, body: {} }, key);
    }
  };
  const submit = async (): Promise<void> => {
    if (await acting.run(send, { what, id: of.id, reason })) onDone();
  };
  return (
    <ActDialog
      title={`${approvals[what]}: ${of.action}`}
      about={approvals.abouts[what]}
      submit={approvals[what]}
      danger={what === 'approve'}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      {what === 'approve' && <Exactly of={of} />}
      {what === 'reject' && (
        <TextField
          label={words.common.reason}
          hint={words.solvency.reasonLong}
          value={reason}
          onText={setReason}
          required
          minLength={10}
          maxLength={500}
          lines={3}
        />
      )}
    </ActDialog>
  );
}
