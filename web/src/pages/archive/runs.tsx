/** Runs with how far they are, and holding them. */
import { type Answer, act, get } from '../../api.ts';
import { pixels } from '../../format/decimal.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { useAct } from '../../ui/act.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Time } from '../../ui/figure.tsx';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type Run = Answer<'GET /v1/archive/runs'>['data'][number];

const TONES: Readonly<Record<Run['state'], Tone>> = { running: 'idle', done: 'good', stopped: 'warn', failed: 'bad' };

export function Runs() {
  const { words, count } = useLocale();
  const { archive } = words;
  const load = useLoad('runs', (signal) => get('GET /v1/archive/runs', { query: { limit: 20 } }, signal), {
    everyMs: 2_000,
  });
  const acting = useAct();
  const control = async (run: Run, word: 'pause' | 'resume' | 'stop'): Promise<void> => {
    const sent = { path: { id: run.id }, body: {} };
    const send = (key: string): Promise<unknown> => {
      switch (word) {
        case 'pause':
          return act('POST /v1/archive/runs/{id}/pause', sent, key);
        case 'resume':
          return act('POST /v1/archive/runs/{id}/resume', sent, key);
        case 'stop':
          return act('POST /v1/archive/runs/{id}/stop', sent, key);
      }
    };
    if (await acting.run(send, crypto.randomUUID())) load.again();
  };
  const offered = (run: Run) => (run.wanted === 'pause' ? (['resume', 'stop'] as const) : (['pause', 'stop'] as const));
  return (
    <Card title={archive.runs}>
      {acting.problem !== undefined && <Failure problem={acting.problem} />}
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{archive.noRuns}</Empty>
          ) : (
            <Table
              caption={archive.runs}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                { title: archive.table, cell: ({ table }) => table },
                {
                  title: archive.state,
                  cell: ({ state, error, phase }) => (
                    <>
                      <Badge tone={TONES[state]}>{archive.runStates[state]}</Badge>
                      <span class="small block" lang="en">
                        {error?.message ?? phase}
                      </span>
                    </>
                  ),
                },
                { title: archive.progress, cell: (run) => <Progress run={run} /> },
                {
                  title: archive.objects,
                  numeric: true,
                  cell: ({ objects_done }) => <span class="num">{count(objects_done)}</span>,
                },
                { title: archive.started, cell: ({ started_at }) => <Time at={started_at} /> },
                {
                  title: words.keys.action,
                  acts: true,
                  cell: (run) =>
                    run.state === 'running' && (
                      <span class="badges">
                        {offered(run).map((word) => (
                          <button
                            type="button"
                            key={word}
                            class="tool"
                            disabled={acting.busy}
                            onClick={() => void control(run, word)}
                          >
                            {archive[word]}
                          </button>
                        ))}
                      </span>
                    ),
                },
              ]}
            />
          )
        }
      </Part>
    </Card>
  );
}

function Progress({ run: { rows_done, rows_total } }: { readonly run: Run }) {
  const { words, count } = useLocale();
  return (
    <>
      {rows_total !== null && (
        <progress max={pixels(rows_total)} value={pixels(rows_done)} aria-label={words.archive.progress} />
      )}
      <span class="num line">
        {count(BigInt(rows_done))}
        {rows_total !== null && ` / ${count(BigInt(rows_total))}`} {words.archive.rows.toLowerCase()}
      </span>
    </>
  );
}
