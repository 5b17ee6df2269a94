/** Batches, one object each, and whether they are still what they were. */
import { useState } from 'preact/hooks';
import { type Answer, get } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { asProblem, type Problem } from '../../problem.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Digest } from '../../ui/figure.tsx';
import { Empty, Failure, Part } from '../../ui/part.tsx';
import { Table } from '../../ui/table.tsx';

type Verdict = Answer<'GET /v1/archive/verification'>['data'][number];

export function Batches() {
  const { words, count } = useLocale();
  const { archive } = words;
  const load = useLoad('batches', (signal) => get('GET /v1/archive/batches', { query: { limit: 50 } }, signal), {
    everyMs: 10_000,
  });
  const [verdicts, setVerdicts] = useState<ReadonlyMap<number, Verdict>>(new Map());
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const verify = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await get('GET /v1/archive/verification', { query: { limit: 50 } });
      setVerdicts(new Map(data.map((each) => [each.batch, each])));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return (
    <Card
      title={archive.batches}
      aside={
        <button type="button" class="quiet" disabled={busy} onClick={() => void verify()}>
          {busy ? words.audit.verifying : archive.verify}
        </button>
      }
    >
      {problem !== undefined && <Failure problem={problem} />}
      <Part load={load}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{archive.noBatches}</Empty>
          ) : (
            <Table
              caption={archive.batches}
              rows={data}
              keyOf={({ no }) => String(no)}
              columns={[
                { title: '#', cell: ({ no }) => <span class="num">{count(no)}</span> },
                { title: archive.table, cell: ({ table }) => table },
                { title: archive.state, cell: ({ state }) => archive.batchStates[state] },
                {
                  title: archive.rows,
                  numeric: true,
                  cell: ({ archived_rows }) => <span class="num">{count(archived_rows)}</span>,
                },
                {
                  title: archive.object,
                  cell: ({ object }) =>
                    object === null ? words.common.none : <Digest value={object.archive_path} chars={24} />,
                },
                { title: archive.class, cell: ({ object }) => object?.storage_class ?? words.common.none },
                { title: 'SHA-256', cell: ({ object }) => object !== null && <Digest value={object.sha256} /> },
                { title: archive.verified, cell: ({ no }) => <Verified verdict={verdicts.get(no)} /> },
              ]}
            />
          )
        }
      </Part>
    </Card>
  );
}

function Verified({ verdict }: { readonly verdict: Verdict | undefined }) {
  const { words } = useLocale();
  const { archive } = words;
  if (verdict === undefined) return <span class="small block">{archive.notVerified}</span>;
  return (
    <>
      <Badge tone={verdict.sound ? 'good' : 'bad'}>{verdict.sound ? archive.sound : archive.damaged}</Badge>
      {verdict.findings.map(({ message }) => (
        <span class="small block" lang="en" key={message}>
          {message}
        </span>
      ))}
    </>
  );
}
