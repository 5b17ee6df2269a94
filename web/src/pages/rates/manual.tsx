/** A rate by hand: for a while, and no further from the market than said. */
import { useState } from 'preact/hooks';
import { act, get } from '../../api.ts';
import { instantOf } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Rate, Time } from '../../ui/figure.tsx';
import { Empty, Part } from '../../ui/part.tsx';

export interface ManualRateProps {
  readonly pair: string;
  /** After a rate was set or ended by hand. */
  readonly onAct: () => void;
}

export function ManualRate({ pair, onAct }: ManualRateProps) {
  const { words } = useLocale();
  const { rates } = words;
  const [open, setOpen] = useState<'set' | 'end'>();
  const load = useLoad('manual', (signal) => get('GET /v1/rates/manual', {}, signal), { everyMs: 5_000 });
  const served = load.data?.data.find((each) => each.pair === pair);
  const done = (): void => {
    setOpen(undefined);
    load.again();
    onAct();
  };
  return (
    <Card
      title={rates.manual}
      aside={
        <>
          {served !== undefined && (
            <button type="button" class="primary" onClick={() => setOpen('end')}>
              {rates.endManual}
            </button>
          )}
          <button type="button" class="quiet" onClick={() => setOpen('set')}>
            {rates.setManual}
          </button>
        </>
      }
    >
      <Part load={load}>
        {() =>
          served === undefined ? (
            <Empty>{rates.noManual}</Empty>
          ) : (
            <Facts
              facts={[
                [rates.rate, <Rate key="rate" value={served.rate} pair={served.pair} />],
                [rates.until, <Time key="until" at={served.expires_at} />],
                [
                  rates.deviation,
                  <span key="deviation" class="num">
                    ± {served.max_deviation_bps / 100} %
                  </span>,
                ],
                [rates.setBy, served.set_by],
                [words.common.reason, served.reason],
              ]}
            />
          )
        }
      </Part>
      {open === 'set' && <SetRate pair={pair} onDone={done} onClose={() => setOpen(undefined)} />}
      {open === 'end' && <EndRate pair={pair} onDone={done} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

interface DialogProps {
  readonly pair: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function SetRate({ pair, onDone, onClose }: DialogProps) {
  const { words, zone } = useLocale();
  const { rates } = words;
  const acting = useAct();
  const [rate, setRate] = useState('');
  const [bps, setBps] = useState('100');
  const [until, setUntil] = useState('');
  const [reason, setReason] = useState('');
  const [base = '', quote = ''] = pair.split('/');
  const body = {
    rate: rate.trim(),
    reason: reason.trim(),
    max_deviation_bps: Number(bps),
    expires_at: instantOf(until, zone) ?? until,
  };
  const fault = (pointer: string): string | undefined =>
    acting.problem?.faults.find((each) => each.pointer === pointer)?.detail;
  const submit = async (): Promise<void> => {
    const done = await acting.run(
      (key) => act('POST /v1/rates/{base}/{quote}/manual', { path: { base, quote }, body }, key),
      { pair, body },
    );
    if (done) onDone();
  };
  return (
    <ActDialog
      title={`${rates.setManual} ${pair}`}
      about={rates.manualAbout}
      submit={rates.setManual}
      danger
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={`${rates.rate} (${quote}/${base})`}
        hint={rates.rateHint}
        value={rate}
        onText={setRate}
        inputMode="decimal"
        required
        fault={fault('/rate')}
      />
      <TextField
        label={rates.deviationLabel}
        hint={rates.deviationHint}
        type="number"
        value={bps}
        onText={setBps}
        required
        fault={fault('/max_deviation_bps')}
      />
      <TextField
        label={rates.until}
        hint={`${rates.untilHint} (${zone})`}
        type="datetime-local"
        value={until}
        onText={setUntil}
        required
        fault={fault('/expires_at')}
      />
      <TextField
        label={words.common.reason}
        hint={words.common.reasonHint}
        value={reason}
        onText={setReason}
        required
        maxLength={100}
        fault={fault('/reason')}
      />
    </ActDialog>
  );
}

function EndRate({ pair, onDone, onClose }: DialogProps) {
  const { words } = useLocale();
  const acting = useAct();
  const [reason, setReason] = useState('');
  const [base = '', quote = ''] = pair.split('/');
  const body = { reason: reason.trim() };
  const submit = async (): Promise<void> => {
    const done = await acting.run(
      (key) => act('POST /v1/rates/{base}/{quote}/manual/end', { path: { base, quote }, body }, key),
      { pair, body },
    );
    if (done) onDone();
  };
  return (
    <ActDialog
      title={words.rates.endManual}
      submit={words.rates.endManual}
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
    </ActDialog>
  );
}
