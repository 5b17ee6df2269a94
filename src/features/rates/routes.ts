/** Rates over HTTP: thin, for service.ts decides. */
import { z } from 'zod';
import { parsePair } from '../../kernel/rate.ts';
import { type RegisterRoutes, sendEvents, sendJson } from '../../platform/http-server/port.ts';
import { statusToJson } from './operating/status-json.ts';
import type { RateStreams } from './operating/stream.ts';
import type { Quote } from './quote.ts';
import { quoteToJson } from './quote-json.ts';
import { PURPOSES } from './rules.ts';
import { PAIR_PARAMS, PROVIDER, QUOTE } from './schemas.ts';
import type { ExchangeRateService } from './service.ts';

const tags = ['rates'];
const config = { access: 'rates:read' };

export const ratesRoutes =
  (service: ExchangeRateService, streams: RateStreams): RegisterRoutes =>
  (routes) => {
    routes.get(
      '/v1/rates/providers',
      {
        config,
        schema: {
          tags,
          summary: 'Each provider, its circuit breaker and its quota',
          response: { 200: z.object({ data: z.array(PROVIDER) }) },
        },
      },
      () => ({ data: service.providers().map(statusToJson) }),
    );
    routes.get(
      '/v1/rates/providers/:source',
      {
        config,
        schema: {
          tags,
          summary: 'One provider',
          params: z.object({ source: z.string().max(60) }),
          response: { 200: PROVIDER },
        },
      },
      (request) => statusToJson(service.providerStatus(request.params.source)),
    );
    routes.get(
      '/v1/rates/stream',
      {
        config,
        schema: {
          tags,
          summary: 'Rates as server-sent events: quote, breaker, alarm',
          querystring: z.strictObject({
            pairs: z.string().max(400).optional().describe('Separated by commas; all of them unless told'),
          }),
          response: { 200: z.string().describe('text/event-stream; the data of a quote is as in GET /v1/rates/...') },
        },
      },
      (request, reply) => {
        const pairs = request.query.pairs?.split(',').map((each) => parsePair(each.trim())) ?? [];
        for (const pair of pairs) service.knownQuote(pair); // refuses what is not served
        sendEvents(reply, streams.open(pairs));
      },
    );
    routes.addHook('preClose', async () => streams.close());

    const textOf = quoteTexts();
    routes.get(
      '/v1/rates/:base/:quote',
      {
        config,
        schema: {
          tags,
          summary: 'The rate of a pair, with its age and its evidence',
          params: PAIR_PARAMS,
          querystring: z.strictObject({
            purpose: z.enum(PURPOSES).default('quote').describe('Decides how old the rate may be'),
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
      async (request, reply) => {
        const { base, quote } = request.params;
        const { purpose, deadline_ms } = request.query;
        const found = await service.getQuote(parsePair(`${base}/${quote}`), {
          purpose,
          ...(deadline_ms === undefined ? {} : { deadlineMs: deadline_ms }),
        });
        sendJson(reply, textOf(found));
        return reply;
      },
    );
  };

/** Callers of one millisecond share a quote; its text is made once for them all. */
function quoteTexts(): (quote: Quote) => string {
  const texts = new WeakMap<Quote, string>();
  return (quote) => {
    const known = texts.get(quote);
    if (known !== undefined) return known;
    const text = JSON.stringify(quoteToJson(quote) satisfies z.input<typeof QUOTE>);
    texts.set(quote, text);
    return text;
  };
}
