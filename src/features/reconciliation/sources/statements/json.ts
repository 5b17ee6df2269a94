/**
 * Statements as JSON, for banks and desks with an API of their own. Every amount is a decimal string:
 *
 *     { "account": "0071000123456", "currency": "VND", "from": "2026-11-23", "to": "2026-11-23",
 *       "issued_at": "2026-11-24T00:05:00+07:00", "opening": "1000.00", "closing": "1500.00",
 *       "lines": [{ "id": "FT26327001", "booked_on": "2026-11-23", "booked_at": "2026-11-23T10:00:00+07:00",
 *                   "amount": "500.00", "reference": "INV-7", "counterparty": "ACME" }] }
 */
import { z } from 'zod';
import { endOfDay, parseBusinessDate } from '../../../../kernel/business-date.ts';
import { messageOf } from '../../../../kernel/errors.ts';
import type { Money } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';
import { parseExactJson } from '../../../../platform/http-client/exact-json.ts';
import { check, type Expected, type ParsedStatement } from './parsed.ts';
import { PLAIN, readAmount, sameAccount, statementFault } from './text.ts';

const DATE = z.string().transform((text, context) => {
  try {
    return parseBusinessDate(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});
const INSTANT = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const AMOUNT = z.string('a decimal as a string, such as "1500.00"');

const STATEMENT = z.object({
  account: z.string(),
  currency: z.string(),
  from: DATE,
  to: DATE,
  issued_at: INSTANT,
  opening: AMOUNT,
  closing: AMOUNT,
  lines: z
    .array(
      z.object({
        id: z.string().min(1).max(200),
        booked_on: DATE,
        booked_at: INSTANT.optional(),
        amount: AMOUNT,
        reference: z.string().default(''),
        counterparty: z.string().default(''),
      }),
    )
    .max(1_000_000),
});

const SKEW_MS = 300_000;

export interface Issue {
  readonly nowMs: number;
  /** Older than this it may be one that was kept and sent again; undefined: any age will do. */
  readonly maxAgeMs: number | undefined;
}

/** @throws `statement.refused` (invalid) */
export function parseJsonStatement(text: string, expected: Expected, { nowMs, maxAgeMs }: Issue): ParsedStatement {
  const { place, account, currency } = expected;
  const said = read(text, place);
  if (!sameAccount(said.account, account)) throw statementFault(place, `the account is not ${account}`, said.account);
  if (said.currency !== currency.code)
    throw statementFault(place, `the currency is not ${currency.code}`, said.currency);
  const issued = said.issued_at.toISOString();
  if (said.issued_at.getTime() < endOfDay(said.to, expected.zone)) {
    throw statementFault(place, 'issued before its last day was over, so more may have been booked since', issued);
  }
  if (said.issued_at.getTime() > nowMs + SKEW_MS) throw statementFault(place, 'issued in the future', issued);
  if (maxAgeMs !== undefined && nowMs - said.issued_at.getTime() > maxAgeMs) {
    throw statementFault(place, `issued and signed more than ${maxAgeMs / 3_600_000} h ago (max_age_hours)`, issued);
  }
  const amount = (value: string, pointer: string): Money => readAmount(value, currency, PLAIN, `${place} ${pointer}`);
  const statement: ParsedStatement = {
    account,
    from: said.from,
    to: said.to,
    opening: amount(said.opening, '/opening'),
    closing: amount(said.closing, '/closing'),
    lines: said.lines.map((line, index) => ({
      id: line.id,
      bookedOn: line.booked_on,
      bookedAt: line.booked_at,
      amount: amount(line.amount, `/lines/${index}/amount`),
      reference: printable(line.reference),
      counterparty: printable(line.counterparty),
    })),
  };
  return check(statement, expected, (index) => `${place} /lines/${index}`);
}

function read(text: string, place: string): z.output<typeof STATEMENT> {
  let document: unknown;
  try {
    document = parseExactJson(text);
  } catch (error) {
    throw statementFault(place, messageOf(error));
  }
  const parsed = STATEMENT.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw statementFault(`${place} /${issue?.path.join('/') ?? ''}`, issue?.message ?? 'not a statement');
}
