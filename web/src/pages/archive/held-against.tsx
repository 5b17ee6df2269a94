/** Database, store, manifests and audit log held against each other, when somebody asks for it. */
import { useState } from 'preact/hooks';
import { type Answer, get } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { asProblem, type Problem } from '../../problem.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Empty, Failure } from '../../ui/part.tsx';

export function HeldAgainst() {
  const { words, count } = useLocale();
  const { archive } = words;
  const [found, setFound] = useState<Answer<'GET /v1/archive/reconciliation'>>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const ask = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      setFound(await get('GET /v1/archive/reconciliation', {}));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return (
    <Card
      title={archive.against}
      aside={
        <button type="button" class="quiet" disabled={busy} onClick={() => void ask()}>
          {busy ? words.audit.verifying : archive.compare}
        </button>
      }
    >
      {problem !== undefined && <Failure problem={problem} />}
      {found === undefined ? (
        <Empty>{archive.againstAbout}</Empty>
      ) : (
        <>
          <Badge tone={found.sound ? 'good' : 'bad'}>{found.sound ? archive.sound : archive.damaged}</Badge>
          <Facts
            facts={[
              [archive.batches, count(found.batches)],
              [archive.objects, count(found.objects)],
              [archive.manifests, count(found.manifests)],
              [archive.logged, count(found.logged)],
            ]}
          />
          <ul class="sentences" lang="en">
            {found.differences.map(({ kind, key, message }) => (
              <li key={`${kind} ${key}`}>{message}</li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
