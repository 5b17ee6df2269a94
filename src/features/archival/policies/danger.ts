/** What of a changed policy one person alone must not do: rows or copies may be lost by it that were kept before. */
import { canonicalJson } from '../../../kernel/canonical.ts';
import type { Policy } from './policy.ts';

/**
 * Pure. A first policy is none: nothing of its table is deleted before two people have permitted that.
 * @returns each danger in words; empty: one person may
 */
export function dangersOf(before: Policy | undefined, after: Policy): readonly string[] {
  if (before === undefined) return [];
  const dangers: readonly (readonly [boolean, string])[] = [
    [
      canonicalJson(before.retention) !== canonicalJson(after.retention),
      `retention from ${lock(before)} to ${lock(after)}`,
    ],
    [before.legal_hold && !after.legal_hold, 'legal hold off'],
    [before.hold_days > after.hold_days, `hold_days from ${before.hold_days} down to ${after.hold_days}`],
    [before.age_days > after.age_days, `age_days from ${before.age_days} down to ${after.age_days}`],
    [!before.purge_only && after.purge_only, 'rows are deleted without an archive (purge_only)'],
    [before.column !== after.column, `old by ${after.column} instead of ${before.column}`],
  ];
  return dangers.filter(([is]) => is).map(([, words]) => words);
}

const lock = ({ retention }: Policy): string =>
  retention === null ? 'none' : `${retention.mode} for ${retention.days} d`;
