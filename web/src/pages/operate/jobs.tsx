/** What runs by the clock: when next, how it went last, and what can be done at once. */
import type { ComponentChildren } from 'preact';
import { type Answer, act, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { go, href } from '../../router.ts';
import { useAct } from '../../ui/act.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card, Page } from '../../ui/card.tsx';
import { Time, Until } from '../../ui/figure.tsx';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';
import { kindOf } from './job-kind.ts';

type Job = Answer<'GET /v1/jobs'>['data'][number];

const TONES: Readonly<Record<NonNullable<Job['last']>['outcome'], Tone>> = {
  waiting: 'idle',
  running: 'idle',
  done: 'good',
  failed: 'bad',
};

export function Jobs() {
  const { words, count } = useLocale();
  const { jobs } = words;
  const load = useLoad('jobs', (signal) => get('GET /v1/jobs', {}, signal), { everyMs: 5_000 });
  return (
    <Page title={jobs.title} lead={jobs.lead}>
      <Card title={jobs.title}>
        <Part load={load}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty>{jobs.none}</Empty>
            ) : (
              <Table
                caption={jobs.title}
                rows={data}
                keyOf={({ name }) => name}
                columns={[
                  { title: jobs.job, cell: ({ name }) => <Name name={name} /> },
                  {
                    title: jobs.schedule,
                    cell: ({ cron, zone }) => (
                      <>
                        <code>{cron}</code>
                        <span class="small block">{zone}</span>
                      </>
                    ),
                  },
                  {
                    title: jobs.next,
                    cell: ({ next_at }) => (next_at === null ? words.common.never : <Until at={next_at} />),
                  },
                  {
                    title: jobs.last,
                    cell: ({ last }) =>
                      last === null ? (
                        <span class="small block">{jobs.notYet}</span>
                      ) : (
                        <>
                          <Badge tone={TONES[last.outcome]}>{jobs.outcomes[last.outcome]}</Badge>
                          <span class="small block">
                            <Time at={last.started_at} />
                            {last.duration_ms !== null && `, ${count(last.duration_ms)} ms`}
                          </span>
                          {last.error !== null && (
                            <span class="small block" lang="en">
                              {last.error}
                            </span>
                          )}
                        </>
                      ),
                  },
                  {
                    title: jobs.failures,
                    numeric: true,
                    cell: ({ failures }) => <span class="num">{count(failures)}</span>,
                  },
                  { title: jobs.now, acts: true, cell: ({ name }) => <Now name={name} /> },
                ]}
              />
            )
          }
        </Part>
      </Card>
    </Page>
  );
}

function Name({ name }: { readonly name: string }) {
  const { words } = useLocale();
  const kind = kindOf(name);
  return (
    <>
      {kind !== undefined && <span class="block">{words.jobs.kinds[kind]}</span>}
      <code class="small">{name}</code>
    </>
  );
}

/** Only what the API does when it is asked: the rest waits for its slot. */
function Now({ name }: { readonly name: string }): ComponentChildren {
  const { words } = useLocale();
  const acting = useAct();
  const kind = kindOf(name);
  if (kind === 'archive') return <a href={href(['archive'])}>{words.jobs.choose}</a>;
  if (kind !== 'reconciliation' && kind !== 'intraday') return <span class="small block">{words.jobs.waits}</span>;
  // As the job does: the report of its date where there is none yet, or the state of now.
  const body = kind === 'intraday' ? ({ kind } as const) : {};
  const run = async (): Promise<void> => {
    let id: string | undefined;
    const done = await acting.run(async (key) => {
      id = (await act('POST /v1/reconciliations', { body }, key)).id;
    }, crypto.randomUUID());
    if (done && id !== undefined) go(href(['solvency', 'runs', id]));
  };
  return (
    <>
      <button type="button" class="tool" disabled={acting.busy} onClick={() => void run()}>
        {acting.busy ? words.solvency.running : words.solvency.runNow}
      </button>
      {acting.problem !== undefined && <Failure problem={acting.problem} />}
    </>
  );
}
