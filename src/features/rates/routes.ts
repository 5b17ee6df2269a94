/** Rates over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { parsePair } from '../../kernel/rate.ts';
import { DECIMAL, type RegisterRoutes, TIMESTAMP } from '../../platform/http-server/port.ts';
import { quoteToJson } from './quote-json.ts';
import type { ExchangeRateService } from './service.ts';
import { statusToJson } from './status-json.ts';

const QUOTE = z.object({
  quote_id: z.uuid().describe('One for each rate that was found; answers from memory share it'),
  pair: z.string(),
  bid: DECIMAL,
  mid: DECIMAL,
  ask: DECIMAL,
  as_of: TIMESTAMP,
  age_ms: z.number().nonnegative(),
  level: z
    .enum(['fresh', 'aging', 'stale', 'manual'])
    .describe('A stale rate is the last known good one, served as what it is'),
  sources: z.array(
    z.object({
      source: z.string(),
      route: z.string(),
      pair: z.string(),
      rate: DECIMAL,
      as_of: TIMESTAMP,
      published_at: TIMESTAMP,
    }),
  ),
  attempts: z
    .array(z.object({ source: z.string(), outcome: z.string(), message: z.string().optional(), ms: z.number() }))
    .describe('What the latest search met, source by source'),
  basis: z.string(),
  expires_at: TIMESTAMP,
});

const PROVIDER = z.object({
  source: z.string(),
  role: z.string(),
  routes: z.array(z.string()),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable(),
  breaker: z.object({
    state: z.string(),
    failures: z.int().describe('In a row, while closed'),
    retry_in_ms: z.int().nullable().describe('Until a call may be permitted; null while forced open'),
  }),
  held_until: TIMESTAMP.nullable().describe('Not asked before: it said so, or refused us'),
  held_reason: z.string().nullable(),
  last_outcome: z.string().nullable(),
  last_message: z.string().nullable(),
  last_success_at: TIMESTAMP.nullable(),
  consecutive_failures: z.int(),
  latency_ms: z.int().nullable(),
});

const tags = ['rates'];
const config = { access: 'rates:read' };

export const ratesRoutes =
  (service: ExchangeRateService): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/rates/providers',
      {
        config,
        schema: {
          tags,
          summary: 'Each provider and its circuit breaker',
          response: { 200: z.object({ data: z.array(PROVIDER) }) },
        },
      },
      () => ({ data: service.providers().map(statusToJson) }),
    );
    routes.get(
      '/v1/rates/:base/:quote',
      {
        config,
        schema: {
          tags,
          summary: 'The rate of a pair, with its age and its evidence',
          params: z.object({ base: z.string().max(20), quote: z.string().max(20) }),
          querystring: z.strictObject({
            purpose: z
              .enum(['quote', 'reconcile', 'display'])
              .default('quote')
              .describe('Decides how old the rate may be'),
            deadline_ms: z.coerce
              .number()
              .int()
              .min(50)
              .max(60_000)
              .optional()
              .describe('How long to wait where memory has none'),
          }),
          response: { 200: QUOTE },
        },
      },
      async (request) => {
        const { base, quote } = request.params;
        const { purpose, deadline_ms } = request.query;
        const found = await service.getQuote(parsePair(`${base}/${quote}`), {
          purpose,
          ...(deadline_ms === undefined ? {} : { deadlineMs: deadline_ms }),
        });
        return quoteToJson(found);
      },
    );
  };
