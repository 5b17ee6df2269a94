/** Which job a name of the schedule stands for. Reconciliations carry the name of their book in it. */
import type { Answer } from '../../api.ts';

type Job = Answer<'GET /v1/jobs'>['data'][number];

const KINDS = [
  ['reconciliation', /^reconciliation\.[^.]+$/],
  ['intraday', /^reconciliation\..+\.intraday$/],
  ['takeOver', /^reconciliation\..+\.take-over$/],
  ['archive', /^archive\.run$/],
  ['holds', /^archive\.holds$/],
  ['restores', /^archive\.restores$/],
  ['anchors', /^audit\.anchors$/],
  ['approvals', /^approvals\./],
  ['forget', /^access\.forget-/],
] as const;

export type JobKind = (typeof KINDS)[number][0];

export const kindOf = (name: string): JobKind | undefined => KINDS.find(([, pattern]) => pattern.test(name))?.[0];

/** When a report is made next; undefined: nobody keeps a schedule of it. */
export function nextReconciliation(jobs: readonly Job[]): string | undefined {
  const next = jobs.flatMap(({ name, next_at }) => {
    const kind = kindOf(name);
    return next_at !== null && (kind === 'reconciliation' || kind === 'intraday') ? [next_at] : [];
  });
  return next.sort()[0];
}
