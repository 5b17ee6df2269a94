/** What a comparison reads of a stored report. */
import { z } from 'zod';
import type { Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';

const AMOUNT = z.string().nullable();

const BODY = z.object({
  book: z.object({ name: z.string(), version: z.int(), hash: z.string() }),
  business_date: z.string(),
  currency: z.string(),
  as_of: z.object({ basis: z.enum(['cut', 'snapshot']), instant: z.string() }),
  total_assets_vnd: AMOUNT,
  total_liabilities_vnd: AMOUNT,
  difference_vnd: AMOUNT,
  lines: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      side: z.enum(['asset', 'liability']),
      sign: z.enum(['+', '-']),
      currency: z.string(),
      amount: AMOUNT,
      value_vnd: AMOUNT,
    }),
  ),
  quotes: z.array(z.object({ pair: z.string(), mid: z.string() })),
  truth: z
    .object({
      net_vnd: AMOUNT,
      unexplained_vnd: AMOUNT,
      observed: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          currency: z.string(),
          amount: AMOUNT,
          ledger_amount: AMOUNT,
          value_vnd: AMOUNT,
        }),
      ),
      explained_by: z.array(z.object({ id: z.string(), title: z.string(), value_vnd: AMOUNT })),
      breaks: z.array(z.object({ key: z.string(), currency: z.string(), amount: z.string(), text: z.string() })),
    })
    .nullable(),
});

export type ReportBody = z.output<typeof BODY>;

/** @throws `reconciliation.report_unreadable` (conflict): it has no report, or one of another form */
export function parseBody(id: string, report: Json | null): ReportBody {
  const parsed = BODY.safeParse(report);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const why = report === null ? 'it ended without one' : `/${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}`;
  throw new PlumblineError(
    'conflict',
    'reconciliation.report_unreadable',
    `the reconciliation ${id} has no report that can be compared: ${why}; take a final report made by this version`,
  );
}
