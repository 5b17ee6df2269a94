/** Verifies entries here, by the functions of docs/verify/verify-bundle.mjs, which an auditor reads as well. */
import { useState } from 'preact/hooks';
import { verifyBundle } from '../../../../docs/verify/verify-bundle.mjs';
import { addressOf, get, type Query } from '../../api.ts';
import { useLocale } from '../../locale.ts';
import { asProblem, type Problem } from '../../problem.ts';
import { Card } from '../../ui/card.tsx';
import { Download } from '../../ui/download.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Failure } from '../../ui/part.tsx';
import { pinnedKey } from './pinned-key.ts';

type Result =
  | { readonly kind: 'holds'; readonly entries: number; readonly records: number; readonly size: number }
  | { readonly kind: 'wrong'; readonly wrong: readonly string[] }
  | { readonly kind: 'failed'; readonly problem: Problem };

export interface CheckProps {
  readonly query: Query<'GET /v1/audit/bundle'>;
  /** Of the file. */
  readonly name: string;
}

export function CheckBundle({ query, name }: CheckProps) {
  const { words, count } = useLocale();
  const { audit } = words;
  const [result, setResult] = useState<Result>();
  const [busy, setBusy] = useState(false);
  const check = async (): Promise<void> => {
    setBusy(true);
    setResult(await checked(query).catch((error): Result => ({ kind: 'failed', problem: asProblem(error) })));
    setBusy(false);
  };
  return (
    <Card
      title={audit.verifyHere}
      aside={<Download path={addressOf('GET /v1/audit/bundle', { query })} name={name} label={audit.bundle} />}
    >
      <p class="small">{audit.verifyHereAbout}</p>
      <button type="button" class="primary" disabled={busy} onClick={() => void check()}>
        {busy ? audit.verifying : audit.verifyNow}
      </button>
      <div aria-live="polite">
        {result?.kind === 'holds' && (
          <div class="notice good" data-verified="holds">
            <Icon name="good" />
            <p>{audit.bundleHolds(count(result.entries), count(result.records), count(result.size))}</p>
          </div>
        )}
        {result?.kind === 'wrong' && (
          <div class="notice bad" data-verified="broken">
            <Icon name="bad" />
            <div>
              <p>{audit.bundleWrong}</p>
              <ul>
                {result.wrong.map((each) => (
                  <li key={each}>{each}</li>
                ))}
              </ul>
            </div>
          </div>
        )}
        {result?.kind === 'failed' && <Failure problem={result.problem} />}
      </div>
    </Card>
  );
}

async function checked(query: CheckProps['query']): Promise<Result> {
  const [log, bundle] = await Promise.all([get('GET /v1/audit/log', {}), get('GET /v1/audit/bundle', { query })]);
  const { vkey } = pinnedKey(log.origin, log.keys);
  const { entries, records, size, wrong } = await verifyBundle(bundle, vkey ?? '');
  return wrong.length === 0 ? { kind: 'holds', entries, records, size } : { kind: 'wrong', wrong };
}
