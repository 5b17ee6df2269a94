/** A report as its PDF and CSV read it: what the API answers with, checked where it is shown. */
import { z } from 'zod';

const AMOUNT = z.string().nullable();

const OBSERVED = z.looseObject({
  ...{ id: z.string(), title: z.string(), currency: z.string() },
  ...{ amount: AMOUNT, ledger_amount: AMOUNT, difference: AMOUNT },
  ...{ low_vnd: AMOUNT, value_vnd: AMOUNT, high_vnd: AMOUNT },
});

const TRUTH = z.looseObject({
  ...{ solvent: z.boolean().nullable(), explained: z.boolean().nullable() },
  ...{ net_low_vnd: AMOUNT, net_vnd: AMOUNT, net_high_vnd: AMOUNT, explained_vnd: AMOUNT, unexplained_vnd: AMOUNT },
  observed: z.array(OBSERVED),
  in_transit: z.array(
    z.looseObject({
      ...{ line: z.string(), title: z.string(), side: z.enum(['asset', 'liability']), id: z.string() },
      ...{ amount: z.string(), currency: z.string(), value_vnd: z.string(), since: z.string(), late: z.boolean() },
    }),
  ),
  explained_by: z.array(z.looseObject({ id: z.string(), title: z.string(), value_vnd: AMOUNT })),
  breaks: z.array(
    z.looseObject({ key: z.string(), kind: z.string(), currency: z.string(), amount: z.string(), text: z.string() }),
  ),
});

const LINE = z.looseObject({
  ...{ id: z.string(), title: z.string(), side: z.enum(['asset', 'liability']), sign: z.enum(['+', '-']) },
  ...{ currency: z.string(), amount: AMOUNT, rate: AMOUNT, quote_id: AMOUNT, value_vnd: AMOUNT, error: AMOUNT },
});

const QUOTE = z.looseObject({
  ...{ quote_id: z.string(), pair: z.string(), bid: z.string(), mid: z.string(), ask: z.string() },
  ...{ level: z.string(), as_of: z.string() },
  sources: z.array(z.looseObject({ source: z.string(), pair: z.string(), rate: z.string(), as_of: z.string() })),
});

export const REPORT_DOCUMENT = z.looseObject({
  ...{ id: z.string(), book: z.string(), business_date: z.string(), attempt: z.int() },
  supersedes: z.string().nullable(),
  status: z.enum(['in_progress', 'balanced', 'surplus', 'deficit', 'error']),
  ...{ total_assets_vnd: AMOUNT, total_liabilities_vnd: AMOUNT, difference_vnd: AMOUNT, tolerance_vnd: z.string() },
  error_message: z.string().nullable(),
  /** RFC 3339. */
  ...{ started_at: z.string(), reconciled_at: z.string().nullable() },
  report_hash: z.string().nullable(),
  report: z
    .looseObject({
      book: z.looseObject({ name: z.string(), version: z.int(), hash: z.string() }),
      ...{ zone: z.string(), currency: z.string() },
      as_of: z.looseObject({ basis: z.enum(['cut', 'snapshot']), instant: z.string() }),
      lines: z.array(LINE),
      quotes: z.array(QUOTE),
      truth: TRUTH.nullable(),
      explanation: z.array(z.string()),
    })
    .nullable(),
});

export type ReportDocument = z.output<typeof REPORT_DOCUMENT>;
export type ReportBody = NonNullable<ReportDocument['report']>;
export type TruthDocument = z.output<typeof TRUTH>;
