/** The answer, in one second of looking; each of its figures leads to the report that it stands in. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../../api.ts';
import { shareOf } from '../../format/decimal.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Age, Amount, Time, useNow } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import { toneOfPayouts, toneOfStatus, toneOfTruth, truthOf } from '../solvency/tones.ts';
import { type Report, type Standing, standingOf } from './standing.ts';

export interface VerdictProps {
  readonly reports: readonly Report[];
  readonly payouts: Answer<'GET /v1/payouts/permission'> | undefined;
}

const TONES: Readonly<Record<Standing['kind'], Tone>> = {
  yes: 'good',
  no: 'bad',
  unknown: 'warn',
  old: 'warn',
  none: 'idle',
};

export function Verdict({ reports, payouts }: VerdictProps) {
  const { words } = useLocale();
  const standing = standingOf(reports, useNow(60_000));
  const { kind } = standing;
  return (
    <section class={`verdict ${TONES[kind]}`} aria-label={words.overview.question}>
      <div>
        <p class="ask">{words.overview.question}</p>
        <p class="answer" data-answer={kind}>
          <Icon name={TONES[kind]} />
          {words.overview.answers[kind]}
        </p>
        <Said text={words.overview.answers[kind]} />
      </div>
      {standing.kind === 'none' ? <Nothing failed={standing.failed} /> : <Sums report={standing.report} />}
      {standing.kind === 'unknown' && <Failed failed={standing.failed} />}
      {standing.kind !== 'none' && <Foot report={standing.report} payouts={payouts} />}
    </section>
  );
}

/** Told to whoever listens, when it changes. */
function Said({ text }: { readonly text: string }) {
  const first = useRef(text);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (text !== first.current) setSaid(text);
    first.current = text;
  }, [text]);
  return (
    <p class="hidden" role="status">
      {said}
    </p>
  );
}

function Sums({ report }: { readonly report: Report }) {
  const { words, percent } = useLocale();
  const { total_assets_vnd: assets, total_liabilities_vnd: owed } = report;
  const share = assets === null || owed === null ? undefined : shareOf(assets, owed);
  return (
    <dl class="sum">
      <div class="first">
        <dt>{words.solvency.difference}</dt>
        <dd>
          <Amount value={report.difference_vnd} currency="VND" signed />
        </dd>
      </div>
      <div>
        <dt>{words.solvency.assets}</dt>
        <dd>
          <Amount value={assets} currency="VND" />
        </dd>
      </div>
      <div>
        <dt>{words.solvency.liabilities}</dt>
        <dd>
          <Amount value={owed} currency="VND" />
        </dd>
      </div>
      {share !== undefined && (
        <div>
          <dt>{words.solvency.ratio}</dt>
          <dd class="num">{percent(share)}</dd>
        </div>
      )}
    </dl>
  );
}

function Foot({ report, payouts }: { readonly report: Report; readonly payouts: VerdictProps['payouts'] }) {
  const { words } = useLocale();
  const { statuses, truths, payout } = words.solvency;
  return (
    <div class="foot">
      <div class="badges">
        <Badge tone={toneOfStatus(report.status)}>{statuses[report.status]}</Badge>
        <Badge tone={toneOfTruth(report.solvent)}>{truths.solvent[truthOf(report.solvent)]}</Badge>
        <Badge tone={toneOfTruth(report.explained)}>{truths.explained[truthOf(report.explained)]}</Badge>
        {payouts !== undefined && (
          <a href={href(['solvency', 'payouts'])} class="plain">
            <Badge tone={toneOfPayouts(payouts.state)}>{payout[payouts.state]}</Badge>
          </a>
        )}
      </div>
      <p class="small">
        {words.common.asOf} <Time at={report.as_of} />
        {report.as_of !== null && (
          <>
            {' ('}
            <Age at={report.as_of} />)
          </>
        )}
        {' · '}
        <a href={href(['solvency', 'runs', report.id])}>{words.overview.evidence}</a>
      </p>
    </div>
  );
}

function Failed({ failed }: { readonly failed: Report }) {
  const { words } = useLocale();
  return (
    <div class="notice warn">
      <Icon name="warn" />
      <div>
        <p>
          {words.overview.runFailed} <Time at={failed.started_at} />. {words.overview.lastKnown}
        </p>
        <p>{failed.error_message}</p>
        <p>
          <a href={href(['solvency', 'runs', failed.id])}>{words.overview.evidence}</a>
        </p>
      </div>
    </div>
  );
}

function Nothing({ failed }: { readonly failed: Report | undefined }) {
  const { words } = useLocale();
  return failed === undefined ? <p>{words.overview.noReport}</p> : <Failed failed={failed} />;
}
