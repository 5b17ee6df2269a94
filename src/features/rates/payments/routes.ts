/** Rates locked for payments, over HTTP. */
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { parsePair } from '../../../kernel/rate.ts';
import { DECIMAL, LINE_OF_TEXT, type RegisterRoutes, uuid } from '../../../platform/http-server/port.ts';
import { PAYMENT_QUOTE } from '../schemas.ts';
import type { PaymentQuotes } from './service.ts';
import type { PaymentQuoteRow } from './store.ts';

const tags = ['quotes'];
const acts = { access: 'quotes:lock', acts: true };
const ID = z.object({ id: uuid('payment-quote') });

export const paymentRoutes =
  (quotes: PaymentQuotes, clock: Clock): RegisterRoutes =>
  (routes) => {
    const toJson = (row: PaymentQuoteRow): z.input<typeof PAYMENT_QUOTE> => ({
      id: row.id,
      pair: row.pair,
      side: row.side,
      fixed: row.fixed,
      base_amount: row.base_amount,
      quote_amount: row.quote_amount,
      rate: row.rate,
      rate_quote_id: row.rate_quote_id,
      level: row.level,
      agreement: row.agreement,
      rate_as_of: row.rate_as_of.toISOString(),
      status: row.accepted_at !== null ? 'accepted' : row.expires_at.getTime() <= clock.now() ? 'expired' : 'open',
      created_by: row.created_by,
      created_at: row.created_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
      reference: row.reference,
      accepted_at: row.accepted_at?.toISOString() ?? null,
      accepted_by: row.accepted_by,
    });
    routes.post(
      '/v1/quotes',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Lock a rate for an amount, for a while',
          description:
            "What the customer owes is rounded up, what is paid to them down: crypto to 6 digits, dong to none. The side is the customer's: for a payment of USDT to a merchant who is owed dong it is `sell`, with the amount in VND.",
          body: z.strictObject({
            pair: z.string().max(40),
            side: z.enum(['sell', 'buy']),
            amount: DECIMAL,
            currency: z.string().max(20).describe("The amount's: one of the pair's two"),
            lifetime_seconds: z.int().min(5).max(900).default(60),
            max_age_ms: z.int().min(0).optional().describe('Refuse a rate that is older'),
          }),
          response: { 201: PAYMENT_QUOTE },
        },
      },
      async (request, reply) => {
        const { pair, lifetime_seconds, max_age_ms, ...rest } = request.body;
        const row = await quotes.create(
          {
            ...{ ...rest, pair: parsePair(pair), lifetimeMs: lifetime_seconds * 1_000 },
            ...(max_age_ms === undefined ? {} : { maxAgeMs: max_age_ms }),
          },
          request.subject,
        );
        reply.code(201);
        return toJson(row);
      },
    );
    routes.get(
      '/v1/quotes/:id',
      {
        config: { access: 'rates:read' },
        schema: { tags, summary: 'A locked rate', params: ID, response: { 200: PAYMENT_QUOTE } },
      },
      async (request) => toJson(await quotes.get(request.params.id)),
    );
    routes.post(
      '/v1/quotes/:id/accept',
      {
        config: acts,
        schema: {
          tags,
          summary: 'The payment came: keep the promise',
          description: 'Refused with 409 once it has expired or was accepted for something else.',
          params: ID,
          body: z.strictObject({
            reference: LINE_OF_TEXT.optional().describe('What it was accepted for, such as a payment'),
          }),
          response: { 200: PAYMENT_QUOTE },
        },
      },
      async (request) =>
        toJson(await quotes.accept(request.params.id, request.subject, request.body.reference ?? null)),
    );
  };
