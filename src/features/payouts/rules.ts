/** When payouts are halted, and what lets them pass again: pure. */
import { compareDecimal, type Decimal, parseDecimal } from '../../kernel/decimal.ts';
import type { PayoutHaltId } from '../../kernel/ids.ts';

/** What holds for the payouts of one book. Amounts are decimals of the book's currency. */
export interface Permission {
  readonly book: string;
  readonly state: 'permitted' | 'halted';
  /** Since when the state holds. */
  readonly since: Date;
  readonly reason: string;
  /** The report behind the state: the newest deficit, or the one that released. */
  readonly report_id: string | null;
  readonly report_as_of: Date | null;
  readonly report_observed_at: Date | null;
  readonly difference: string | null;
  readonly tolerance: string | null;
  readonly override_id: PayoutHaltId | null;
  readonly override_until: Date | null;
  readonly override_difference: string | null;
  /** The newest verdict, whatever it was. */
  readonly verdict: 'solvent' | 'deficit' | null;
  readonly verdict_report_id: string | null;
  readonly verdict_as_of: Date | null;
  readonly verdict_observed_at: Date | null;
  /** Counts the decisions. */
  readonly version: bigint;
}

/** What a report came to. One without a verdict is told as `error`, and changes nothing. */
export type Verdict = {
  readonly reportId: string;
  readonly book: string;
  /** In a sentence. */
  readonly reason: string;
} & (
  | { readonly outcome: 'error' }
  | {
      readonly outcome: 'solvent' | 'deficit';
      /** The instant that the report speaks of: its cut, or where it has none, its snapshot. */
      readonly asOf: Date;
      /** When its snapshot was taken. */
      readonly observedAt: Date;
      /** Assets less liabilities, a decimal of the book's currency. */
      readonly difference: string;
      readonly tolerance: string;
    }
);

/** A decision that a verdict leads to; each is a row of the history. */
export type Decision =
  | { readonly kind: 'halted'; readonly reason: string }
  | { readonly kind: 'released'; readonly reason: string }
  | { readonly kind: 'override_ended'; readonly overrideId: PayoutHaltId; readonly reason: string };

export interface Judged {
  readonly permission: Permission;
  readonly decisions: readonly Decision[];
}

/** Whether a payout may be made at `now`; the SQL function asks the same. */
export const isPermitted = ({ state, override_until }: Permission, now: Date): boolean =>
  state === 'permitted' || (override_until !== null && override_until.getTime() > now.getTime());

/**
 * A deficit halts, whatever instant it speaks of. A solvent report releases where it is later than every
 * deficit since: it speaks of a later instant, or of the same one and looked later.
 */
export function judge(permission: Permission, verdict: Verdict): Judged {
  if (verdict.outcome === 'error') return { permission, decisions: [] };
  const seen = rememberVerdict(permission, verdict);
  return verdict.outcome === 'deficit' ? halt(seen, verdict) : release(seen, verdict);
}

type Final = Extract<Verdict, { readonly outcome: 'solvent' | 'deficit' }>;

function rememberVerdict(permission: Permission, verdict: Final): Permission {
  const { verdict_as_of, verdict_observed_at } = permission;
  if (!isLater(verdict, verdict_as_of, verdict_observed_at)) return permission;
  return {
    ...permission,
    verdict: verdict.outcome,
    verdict_report_id: verdict.reportId,
    verdict_as_of: verdict.asOf,
    verdict_observed_at: verdict.observedAt,
  };
}

function halt(permission: Permission, verdict: Final): Judged {
  const { reason } = verdict;
  if (permission.state === 'permitted') {
    const halted = behind({ ...permission, state: 'halted', reason }, verdict);
    return { permission: halted, decisions: [{ kind: 'halted', reason }] };
  }
  const { report_as_of, report_observed_at, override_id } = permission;
  const newest = isLater(verdict, report_as_of, report_observed_at)
    ? behind({ ...permission, reason }, verdict)
    : permission;
  if (override_id === null || !isOutgrown(permission, verdict)) return { permission: newest, decisions: [] };
  const grown = `the deficit has grown beyond what was overridden: ${reason}`;
  return {
    permission: withoutOverride(newest),
    decisions: [{ kind: 'override_ended', overrideId: override_id, reason: grown }],
  };
}

function release(permission: Permission, verdict: Final): Judged {
  const { state, report_as_of, report_observed_at, override_id } = permission;
  if (state === 'permitted' || !isLater(verdict, report_as_of, report_observed_at)) {
    return { permission, decisions: [] };
  }
  const { reason } = verdict;
  const ended: readonly Decision[] =
    override_id === null
      ? []
      : [{ kind: 'override_ended', overrideId: override_id, reason: 'a solvent report made it needless' }];
  return {
    permission: behind(withoutOverride({ ...permission, state: 'permitted', reason }), verdict),
    decisions: [...ended, { kind: 'released', reason }],
  };
}

const behind = (permission: Permission, verdict: Final): Permission => ({
  ...permission,
  report_id: verdict.reportId,
  report_as_of: verdict.asOf,
  report_observed_at: verdict.observedAt,
  difference: verdict.difference,
  tolerance: verdict.tolerance,
});

/** The same permission once its override is over. */
export const withoutOverride = <P extends Permission>(permission: P): P => ({
  ...permission,
  override_id: null,
  override_until: null,
  override_difference: null,
});

function isLater(verdict: Final, asOf: Date | null, observedAt: Date | null): boolean {
  if (asOf === null || observedAt === null) return true;
  const ahead = verdict.asOf.getTime() - asOf.getTime();
  return ahead > 0 || (ahead === 0 && verdict.observedAt.getTime() > observedAt.getTime());
}

/** Two people overrode a deficit that they knew: a larger one, by more than the tolerance, is another. */
function isOutgrown({ override_difference }: Permission, verdict: Final): boolean {
  if (override_difference === null) return false;
  return isLessThan(verdict.difference, override_difference, verdict.tolerance);
}

/** Whether a deficit was no larger when an override was asked for than it is now, but for the tolerance. */
export const isStillKnown = (asked: string | null, { difference, tolerance }: Permission): boolean =>
  asked === null || difference === null || !isLessThan(difference, asked, tolerance ?? '0');

/** a < b - tolerance */
function isLessThan(a: string, b: string, tolerance: string): boolean {
  const [left, right, slack] = [decimal(a), decimal(b), decimal(tolerance)];
  const scale = Math.max(left.scale, right.scale, slack.scale);
  const at = ({ units, scale: own }: Decimal): bigint => units * 10n ** BigInt(scale - own);
  return compareDecimal(left, { units: at(right) - at(slack), scale }) < 0;
}

/** What NUMERIC and the report's own amounts are written as. */
function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new TypeError(`"${text.slice(0, 60)}" is not a decimal`);
  return value;
}
