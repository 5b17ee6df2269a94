/** May payouts be made, what was decided, and letting them pass in spite of a halt: by two people. */
import { useState } from 'preact/hooks';
import { type Answer, act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Age, Amount, Time } from '../../ui/figure.tsx';
import { More } from '../../ui/more.tsx';
import { usePages } from '../../ui/pages.ts';
import { Empty, Part } from '../../ui/part.tsx';
import { toneOfPayouts } from './tones.ts';

type Permission = Answer<'GET /v1/payouts/permission'>;
type Decision = Answer<'GET /v1/payouts/halts'>['data'][number];
type Open =
  | { readonly kind: 'ask' }
  | { readonly kind: 'approve'; readonly request: Decision }
  | { readonly kind: 'end'; readonly id: string };

export function Payouts() {
  const { words } = useLocale();
  const { solvency } = words;
  const [open, setOpen] = useState<Open>();
  const load = useLoad('permission', (signal) => get('GET /v1/payouts/permission', {}, signal), { everyMs: 3_000 });
  const pages = usePages('halts', (cursor) => get('GET /v1/payouts/halts', { query: { limit: 50, cursor } }), 5_000);
  const done = (): void => {
    setOpen(undefined);
    load.again();
    pages.load.again();
  };
  return (
    <Page title={solvency.payouts} lead={solvency.payoutsLead}>
      <div class="stack">
        <Part load={load}>{(permission) => <Now permission={permission} onOpen={setOpen} />}</Part>
        <Card title={solvency.decisions}>
          <Part load={pages.load}>
            {() =>
              pages.rows.length === 0 ? (
                <Empty>{solvency.noDecisions}</Empty>
              ) : (
                <>
                  <Decisions rows={pages.rows} onOpen={setOpen} />
                  <More pages={pages} />
                </>
              )
            }
          </Part>
        </Card>
      </div>
      {open !== undefined && <Dialog open={open} onDone={done} onClose={() => setOpen(undefined)} />}
    </Page>
  );
}

interface Opens {
  readonly onOpen: (open: Open) => void;
}

function Now({ permission, onOpen }: Opens & { readonly permission: Permission }) {
  const { words } = useLocale();
  const { solvency } = words;
  const { state, verdict, override } = permission;
  return (
    <section class={`verdict ${toneOfPayouts(state)}`} aria-label={solvency.payouts}>
      <p class="answer">{solvency.payout[state]}</p>
      <p lang="en">{permission.reason}</p>
      <Facts
        facts={[
          [solvency.since, <Time key="since" at={permission.since} />],
          [
            solvency.difference,
            <Amount key="difference" value={permission.difference ?? null} currency="VND" signed />,
          ],
          [
            solvency.report,
            permission.report_id === null ? (
              words.common.none
            ) : (
              <a key="report" href={href(['solvency', 'runs', permission.report_id])}>
                {solvency.evidence}
              </a>
            ),
          ],
          [
            solvency.newest,
            verdict === null ? (
              words.common.none
            ) : (
              <span key="verdict">
                <a href={href(['solvency', 'runs', verdict.report_id])}>{solvency.outcomes[verdict.outcome]}</a>,{' '}
                <Age at={verdict.as_of} />
              </span>
            ),
          ],
          ...(override === null ? [] : [[solvency.until, <Time key="until" at={override.until} />] as const]),
        ]}
      />
      <div class="buttons">
        {state === 'halted' && (
          <button type="button" class="danger" onClick={() => onOpen({ kind: 'ask' })}>
            {solvency.askOverride}
          </button>
        )}
        {override !== null && (
          <button type="button" class="primary" onClick={() => onOpen({ kind: 'end', id: override.id })}>
            {solvency.endOverride}
          </button>
        )}
      </div>
    </section>
  );
}

function Decisions({ rows, onOpen }: Opens & { readonly rows: readonly Decision[] }) {
  const { words } = useLocale();
  const { solvency } = words;
  const decided = new Set(
    rows.flatMap(({ kind, override_id }) =>
      kind === 'override_approved' || kind === 'override_ended' ? [override_id] : [],
    ),
  );
  return (
    <ul class="timeline">
      {rows.map((row) => (
        <li key={row.id}>
          <Time at={row.at} />
          <div>
            <span class="badges">
              <Badge
                tone={
                  row.kind === 'halted' || row.kind === 'override_ended'
                    ? 'bad'
                    : row.kind === 'released'
                      ? 'good'
                      : 'warn'
                }
              >
                {solvency.haltKinds[row.kind]}
              </Badge>
              <span>{row.subject}</span>
              {row.kind === 'override_requested' && !decided.has(row.id) && (
                <button type="button" class="tool" onClick={() => onOpen({ kind: 'approve', request: row })}>
                  {solvency.approve}
                </button>
              )}
            </span>
            <span class="small block" lang="en">
              {row.reason}
            </span>
            {row.report_id !== null && (
              <a class="small" href={href(['solvency', 'runs', row.report_id])}>
                {solvency.evidence}
              </a>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Dialog({
  open,
  onDone,
  onClose,
}: {
  readonly open: Open;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { words } = useLocale();
  const { solvency } = words;
  const acting = useAct();
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState('1');
  const send = async (key: string): Promise<unknown> => {
    const said = reason.trim();
    switch (open.kind) {
      case 'ask':
        return act('POST /v1/payouts/overrides', { body: { reason: said, hours: Number(hours) } }, key);
      case 'approve':
        return act('POST /v1/payouts/overrides/{id}/approve', { path: { id: open.request.id }, body: {} }, key);
      case 'end':
        return act('POST /v1/payouts/overrides/{id}/end', { path: { id: open.id }, body: { reason: said } }, key);
    }
  };
  const submit = async (): Promise<void> => {
    if (await acting.run(send, { open, reason, hours })) onDone();
  };
  const texts = solvency.dialogs[open.kind];
  return (
    <ActDialog
      title={texts.title}
      about={
        open.kind === 'approve'
          ? `${texts.about} ${open.request.requested_by ?? open.request.subject}: ${open.request.reason}`
          : texts.about
      }
      submit={texts.submit}
      danger={open.kind !== 'end'}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      {open.kind !== 'approve' && (
        <TextField
          label={words.common.reason}
          hint={solvency.reasonLong}
          value={reason}
          onText={setReason}
          required
          minLength={10}
          maxLength={500}
          lines={3}
        />
      )}
      {open.kind === 'ask' && (
        <TextField
          label={solvency.hours}
          hint={solvency.hoursHint}
          type="number"
          value={hours}
          onText={setHours}
          required
        />
      )}
    </ActDialog>
  );
}
