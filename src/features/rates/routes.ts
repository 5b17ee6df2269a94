/** Rates over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { parsePair } from '../../kernel/rate.ts';
import { DECIMAL, type RegisterRoutes, TIMESTAMP } from '../../platform/http-server/port.ts';
import { quoteToJson } from './quote-json.ts';
import type { ExchangeRateService } from './service.ts';

const QUOTE = z.object({
  quote_id: z.uuid(),
  pair: z.string(),
  bid: DECIMAL,
  mid: DECIMAL,
  ask: DECIMAL,
  as_of: TIMESTAMP,
  age_ms: z.int(),
  level: z
    .enum(['fresh', 'aging', 'stale', 'manual'])
    .describe('How old it is, in a word: a stale rate is the last good one'),
  sources: z.array(
    z.object({ source: z.string(), route: z.string(), pair: z.string(), rate: DECIMAL, as_of: TIMESTAMP }),
  ),
  attempts: z.array(z.object({ source: z.string(), outcome: z.string(), message: z.string().optional(), ms: z.int() })),
  basis: z.string(),
  expires_at: TIMESTAMP,
});
