/** Events that nobody is told of for a while. */
import { useState } from 'preact/hooks';
import { act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { ActDialog, useAct } from '../../ui/act.tsx';
import { Card } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Time } from '../../ui/figure.tsx';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

export function Silences() {
  const { words } = useLocale();
  const { incidents } = words;
  const [open, setOpen] = useState(false);
  const ending = useAct();
  const load = useLoad('silences', (signal) => get('GET /v1/incident-silences', {}, signal), { everyMs: 10_000 });
  const end = async (id: string): Promise<void> => {
    const done = await ending.run(
      (key) => act('POST /v1/incident-silences/{id}/end', { path: { id }, body: {} }, key),
      id,
    );
    if (done) load.again();
  };
  return (
    <Card
      title={incidents.silences}
      aside={
        <button type="button" class="quiet" onClick={() => setOpen(true)}>
          {incidents.silence}
        </button>
      }
    >
      {ending.problem !== undefined && <Failure problem={ending.problem} />}
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{incidents.noSilences}</Empty>
          ) : (
            <Table
              caption={incidents.silences}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                { title: incidents.event, cell: ({ event }) => event },
                {
                  title: words.common.reason,
                  cell: ({ reason, created_by }) => <span class="block">{`${created_by}: ${reason}`}</span>,
                },
                { title: incidents.until, cell: ({ ends_at }) => <Time at={ends_at} /> },
                {
                  title: incidents.end,
                  cell: ({ id, event }) => (
                    <button
                      type="button"
                      class="tool"
                      disabled={ending.busy}
                      onClick={() => void end(id)}
                      aria-label={`${incidents.end} ${event}`}
                    >
                      {incidents.end}
                    </button>
                  ),
                },
              ]}
            />
          )
        }
      </Part>
      {open && (
        <Silence
          onClose={() => setOpen(false)}
          onDone={() => {
            setOpen(false);
            load.again();
          }}
        />
      )}
    </Card>
  );
}

function Silence({ onDone, onClose }: { readonly onDone: () => void; readonly onClose: () => void }) {
  const { words } = useLocale();
  const { incidents } = words;
  const acting = useAct();
  const [event, setEvent] = useState('');
  const [minutes, setMinutes] = useState('60');
  const [reason, setReason] = useState('');
  const body = { event: event.trim(), minutes: Number(minutes), reason: reason.trim() };
  const submit = async (): Promise<void> => {
    if (await acting.run((key) => act('POST /v1/incident-silences', { body }, key), body)) onDone();
  };
  return (
    <ActDialog
      title={incidents.silence}
      about={incidents.silenceAbout}
      submit={incidents.silence}
      act={acting}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={incidents.event}
        hint={incidents.eventHint}
        value={event}
        onText={setEvent}
        required
        maxLength={100}
      />
      <TextField label={incidents.minutes} type="number" value={minutes} onText={setMinutes} required />
      <TextField
        label={words.common.reason}
        hint={words.common.reasonHint}
        value={reason}
        onText={setReason}
        required
        maxLength={500}
      />
    </ActDialog>
  );
}
