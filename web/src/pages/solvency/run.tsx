/** One report: its verdicts, what they are made of, and how somebody else can check it. */
import type { Answer } from '../../api.ts';
import { get } from '../../api.ts';
import { businessDate } from '../../format/time.ts';
import { useLoad } from '../../load.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts, Page } from '../../ui/card.tsx';
import { Download } from '../../ui/download.tsx';
import { Amount, Digest, Time } from '../../ui/figure.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { PageParts } from '../../ui/lazy-page.tsx';
import { Part } from '../../ui/part.tsx';
import { type ReportParts, reportParts } from './report.ts';
import { Explained, Lines, ObservedTable, Quotes } from './report-tables.tsx';
import { toneOfStatus, toneOfTruth, truthOf } from './tones.ts';
import { Why } from './why.tsx';

type Found = Answer<'GET /v1/reconciliations/{id}'>;

const RUNNING_MS = 2_000;

export function Run({ parts: [, , id = ''] }: PageParts) {
  const { words } = useLocale();
  const load = useLoad(`report ${id}`, (signal) => get('GET /v1/reconciliations/{id}', { path: { id } }, signal), {
    everyMs: RUNNING_MS * 15,
  });
  const { data } = load;
  return (
    <Page
      back={{ href: href(['solvency']), label: words.solvency.title }}
      title={data === undefined ? words.solvency.report : words.solvency.reportOf(businessDate(data.business_date))}
      aside={data !== undefined && data.report !== null && <Files report={data} />}
    >
      <Part load={load}>{(report) => <Body report={report} />}</Part>
    </Page>
  );
}

function Body({ report }: { readonly report: Found }) {
  const { words } = useLocale();
  const parts = report.report === null ? undefined : reportParts(report.report);
  return (
    <div class="stack">
      <Summary report={report} parts={parts} />
      {report.error_message !== null && (
        <div class="notice warn">
          <Icon name="warn" />
          <div>
            <p>{words.solvency.noVerdict}</p>
            <p>{report.error_message}</p>
          </div>
        </div>
      )}
      {parts !== undefined && (
        <>
          <Why report={report} sentences={parts.explanation} />
          <Lines report={report} parts={parts} />
          <ObservedTable report={report} parts={parts} />
          <div class="grid">
            <Explained parts={parts} />
            <Quotes parts={parts} />
          </div>
        </>
      )}
      <Evidence report={report} parts={parts} />
    </div>
  );
}

function Summary({ report, parts }: { readonly report: Found; readonly parts: ReportParts | undefined }) {
  const { words } = useLocale();
  const { solvency, common } = words;
  return (
    <section class={`verdict ${toneOfStatus(report.status)}`} aria-label={solvency.verdicts}>
      <dl class="sum">
        <div class="first">
          <dt>{solvency.difference}</dt>
          <dd>
            <Amount value={report.difference_vnd} currency="VND" signed />
          </dd>
        </div>
        <div>
          <dt>{solvency.assets}</dt>
          <dd>
            <Amount value={report.total_assets_vnd} currency="VND" />
          </dd>
        </div>
        <div>
          <dt>{solvency.liabilities}</dt>
          <dd>
            <Amount value={report.total_liabilities_vnd} currency="VND" />
          </dd>
        </div>
        <div>
          <dt>{solvency.unexplained}</dt>
          <dd>
            <Amount value={parts?.unexplained ?? report.unexplained_vnd} currency="VND" signed />
          </dd>
        </div>
      </dl>
      <div class="foot">
        <div class="badges">
          <Badge tone={toneOfStatus(report.status)}>{solvency.statuses[report.status]}</Badge>
          <Badge tone={toneOfTruth(report.solvent)}>{solvency.truths.solvent[truthOf(report.solvent)]}</Badge>
          <Badge tone={toneOfTruth(report.explained)}>{solvency.truths.explained[truthOf(report.explained)]}</Badge>
          {report.alert_triggered && <Badge tone="bad">{solvency.alerted}</Badge>}
        </div>
        <p class="small">
          {common.asOf} <Time at={report.as_of} />
        </p>
      </div>
    </section>
  );
}

function Files({ report }: { readonly report: Found }) {
  const { words, language } = useLocale();
  const path = `/v1/reconciliations/${encodeURIComponent(report.id)}`;
  const name = `plumbline-${report.business_date}-${report.attempt}`;
  const isFinal = report.status !== 'error' && report.status !== 'in_progress' && report.kind === 'daily';
  return (
    <>
      <a class="button" href={href(['solvency', 'runs', report.id, 'compare'])}>
        {words.solvency.compare}
      </a>
      <Download path={`${path}/report.pdf?lang=${language}`} name={`${name}-${language}.pdf`} label="PDF" />
      <Download path={`${path}/report.csv?bom=true`} name={`${name}.csv`} label="CSV" />
      {isFinal && <Download path={`${path}/bundle.json`} name={`${name}.json`} label={words.solvency.bundle} />}
    </>
  );
}

function Evidence({ report, parts }: { readonly report: Found; readonly parts: ReportParts | undefined }) {
  const { words } = useLocale();
  const { solvency } = words;
  return (
    <Card title={solvency.evidence}>
      <Facts
        facts={[
          [solvency.id, <code key="id">{report.id}</code>],
          [
            solvency.hash,
            report.report_hash === null ? (
              words.common.none
            ) : (
              <Digest key="hash" value={report.report_hash} chars={64} />
            ),
          ],
          [solvency.book, `${report.book}${parts?.bookVersion === undefined ? '' : ` v${parts.bookVersion}`}`],
          [
            solvency.bookHash,
            parts?.bookHash === undefined ? (
              words.common.unknown
            ) : (
              <Digest key="book" value={parts.bookHash} chars={64} />
            ),
          ],
          [solvency.basis, report.as_of_basis === null ? words.common.unknown : solvency.bases[report.as_of_basis]],
          [solvency.startedBy, `${report.started_by}${report.worker === null ? '' : ` · ${report.worker}`}`],
          [solvency.startedAt, <Time key="started" at={report.started_at} />],
          [solvency.endedAt, <Time key="ended" at={report.reconciled_at} />],
          [
            solvency.inLog,
            <a key="log" href={href(['audit', 'records', 'reconciliation_logs', report.id])}>
              {solvency.history}
            </a>,
          ],
        ]}
      />
      <p class="small">
        {solvency.verifyOffline} <code>npx plumbline reconcile verify</code>
      </p>
    </Card>
  );
}
