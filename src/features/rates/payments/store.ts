/** The SQL of rates that were promised for payments. */
import type { Selectable } from 'kysely';
import type { PaymentQuoteId, QuoteId } from '../../../kernel/ids.ts';
import type { Sql } from '../../../platform/db/port.ts';

type PaymentQuotes = {
  readonly id: PaymentQuoteId;
  readonly pair: string;
  readonly side: 'sell' | 'buy';
  readonly fixed: 'base' | 'quote';
  readonly base_amount: string;
  readonly quote_amount: string;
  readonly rate: string;
  readonly rate_quote_id: QuoteId;
  readonly level: string;
  readonly agreement: string;
  readonly rate_as_of: Date;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly reference: string | null;
  readonly accepted_at: Date | null;
  readonly accepted_by: string | null;
};

type Tables = { payment_quotes: PaymentQuotes };
export type PaymentQuoteRow = Selectable<PaymentQuotes>;

const quotes = (db: Sql) => db.$extendTables<Tables>();

export async function insertPaymentQuote(db: Sql, row: PaymentQuoteRow): Promise<void> {
  await quotes(db).insertInto('payment_quotes').values(row).execute();
}

export const findPaymentQuote = (db: Sql, id: PaymentQuoteId): Promise<PaymentQuoteRow | undefined> =>
  quotes(db).selectFrom('payment_quotes').selectAll().where('id', '=', id).executeTakeFirst();

/** One of many who accept it at once does; undefined: it is accepted already, expired, or not there. */
export const acceptPaymentQuote = (
  db: Sql,
  id: PaymentQuoteId,
  accepted: { readonly accepted_at: Date; readonly accepted_by: string; readonly reference: string | null },
): Promise<PaymentQuoteRow | undefined> =>
  quotes(db)
    .updateTable('payment_quotes')
    .set(accepted)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', accepted.accepted_at)
    .returningAll()
    .executeTakeFirst();
