/** Why a report says what it says, in the reader's language; and in the report's own words, which are hashed with it. */
import { useLocale } from '../../locale.ts';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/part.tsx';
import type { Report } from './history.ts';

export interface WhyProps {
  readonly report: Report;
  readonly sentences: readonly string[];
}

export function Why({ report, sentences }: WhyProps) {
  const { words } = useLocale();
  const said = useSentences(report);
  return (
    <Card title={words.solvency.why}>
      {said.length === 0 ? (
        <Empty>{words.solvency.noVerdict}</Empty>
      ) : (
        <ul class="sentences">
          {said.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      {sentences.length > 0 && (
        <details>
          <summary>{words.solvency.ownWords}</summary>
          <ul class="sentences" lang="en">
            {sentences.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

function useSentences(report: Report): readonly string[] {
  const { words, amount, time } = useLocale();
  const { says } = words.solvency;
  const vnd = (text: string | null, signed = false): string =>
    text === null ? words.common.unknown : amount(text, 'VND', signed);
  const { status, solvent, explained } = report;
  if (status === 'error' || status === 'in_progress') return [];
  return [
    says.status[status](
      vnd(report.total_assets_vnd),
      vnd(report.total_liabilities_vnd),
      vnd(report.difference_vnd, true),
      vnd(report.tolerance_vnd),
    ),
    ...(report.as_of === null || report.as_of_basis === null
      ? []
      : [says.basis[report.as_of_basis](time(report.as_of))]),
    ...(solvent === null
      ? []
      : [(solvent ? says.solvent : says.notSolvent)(vnd(report.net_low_vnd, true), vnd(report.net_high_vnd, true))]),
    ...(explained === null
      ? []
      : [(explained ? says.explained : says.notExplained)(vnd(report.unexplained_vnd, true))]),
  ];
}
