/** An account statement of a bank or of an OTC desk, whatever it was written in. */
import type { BusinessDate } from '../../../kernel/business-date.ts';
import type { Money } from '../../../kernel/money.ts';

export interface StatementLine {
  /** Unique in the account; a line that comes twice is refused. */
  readonly id: string;
  readonly bookedOn: BusinessDate;
  /** Where the bank says it: the instant. */
  readonly bookedAt?: Date | undefined;
  /** Above zero: the account received it. */
  readonly amount: Money;
  /** What the payer or the platform wrote, by which it is matched. */
  readonly reference: string;
  readonly counterparty: string;
}

export interface Statement {
  readonly account: string;
  /** The first and last day that it speaks of. */
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly opening: Money;
  readonly closing: Money;
  /** As the statement lists them; they add up from the opening to the closing balance. */
  readonly lines: readonly StatementLine[];
}
