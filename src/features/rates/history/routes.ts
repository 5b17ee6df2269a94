/** The history of rates over HTTP, as JSON or CSV. */
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { type Pair, pairName, parsePair } from '../../../kernel/rate.ts';
import { csv } from '../../../platform/http-server/csv.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http-server/cursor.ts';
import { type RegisterRoutes, sendCsv, TIMESTAMP, uuid } from '../../../platform/http-server/port.ts';
import { AGREEMENT, BUCKET, PAIR_PARAMS, STORED_QUOTE } from '../schemas.ts';
import type { ExchangeRateService } from '../service.ts';
import type { Bucket, RateQuoteRow } from '../store.ts';
import { BUCKETS, type BucketName, type RateHistory } from './history.ts';

const tags = ['rates'];
const config = { access: 'rates:read' };
const DAY_MS = 86_400_000;

const RANGE = {
  from: TIMESTAMP.optional().describe('Inclusive; a day before `to` unless told'),
  to: TIMESTAMP.optional().describe('Exclusive; now unless told'),
  format: z.enum(['json', 'csv']).default('json'),
};
const BUCKET_NAMES = Object.keys(BUCKETS).filter((name): name is BucketName => name in BUCKETS);

export const historyRoutes =
  (history: RateHistory, rates: ExchangeRateService, clock: Clock): RegisterRoutes =>
  (routes) => {
    const served = ({ base, quote }: { readonly base: string; readonly quote: string }): Pair => {
      const pair = parsePair(`${base}/${quote}`);
      rates.knownQuote(pair); // refuses what is not served
      return pair;
    };
    const rangeOf = ({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }) => {
      const end = to === undefined ? clock.now() : Date.parse(to);
      return { from: new Date(from === undefined ? end - DAY_MS : Date.parse(from)), to: new Date(end) };
    };
    routes.get(
      '/v1/rates/:base/:quote/history',
      {
        config,
        schema: {
          tags,
          summary: 'Published rates in buckets: open, high, low, close',
          params: PAIR_PARAMS,
          querystring: z.strictObject({
            ...RANGE,
            bucket: z.enum(BUCKET_NAMES).default('5m'),
            zone: z.string().max(60).default('UTC').describe('In which a bucket of a day begins at midnight'),
          }),
          response: { 200: z.object({ pair: z.string(), bucket: z.string(), data: z.array(BUCKET) }) },
        },
      },
      async (request, reply) => {
        const pair = served(request.params);
        const { bucket, zone, format } = request.query;
        const rows = await history.buckets({ pair: pairName(pair), ...rangeOf(request.query) }, bucket, zone);
        if (format === 'json') return { pair: pairName(pair), bucket, data: rows.map(bucketToJson) };
        sendCsv(reply, `${pair.base}-${pair.quote}-${bucket}`, csv(Object.keys(BUCKET.shape), rows.map(bucketToJson)));
        return reply;
      },
    );
    routes.get(
      '/v1/rates/:base/:quote/quotes',
      {
        config,
        schema: {
          tags,
          summary: 'Every published quote, newest first',
          params: PAIR_PARAMS,
          querystring: z.strictObject({
            ...RANGE,
            limit: z.coerce.number().int().min(1).max(5_000).default(100),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ data: z.array(STORED_QUOTE), next: z.string().nullable() }) },
        },
      },
      async (request, reply) => {
        const pair = served(request.params);
        const { limit, cursor, format } = request.query;
        const after = cursor === undefined ? undefined : decodeCursor('quote', cursor);
        const rows = await history.quotes({
          ...{ pair: pairName(pair), ...rangeOf(request.query), limit: limit + 1 },
          ...(after === undefined ? {} : { after: { publishedAt: after.at, id: after.id } }),
        });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        const next = rows.length > limit && last ? encodeCursor(last.published_at, last.quote_id) : null;
        if (format === 'json') return { data: page.map(rowToJson), next };
        if (next !== null) reply.header('x-next-cursor', next);
        sendCsv(reply, `${pair.base}-${pair.quote}-quotes`, csv(Object.keys(STORED_QUOTE.shape), page.map(rowToJson)));
        return reply;
      },
    );
    routes.get(
      '/v1/rates/quotes/:id',
      {
        config,
        schema: {
          tags,
          summary: 'What a published quote was made of, and the policy that it names',
          description:
            'Both are canonical JSON (RFC 8785) as text, so that `plumbline rates replay` can compute the quote again and compare it byte for byte.',
          params: z.object({ id: uuid('quote') }),
          response: { 200: z.object({ evidence: z.string(), policy: z.string() }) },
        },
      },
      (request) => history.evidence(request.params.id),
    );
  };

const bucketToJson = (row: Bucket): z.input<typeof BUCKET> => ({
  from: row.from.toISOString(),
  open: row.open,
  high: row.high,
  low: row.low,
  close: row.close,
  quotes: Number(row.quotes),
  widest_half_spread_bps: row.widest_half_spread_bps,
  contested: row.contested,
});

const rowToJson = (row: Omit<RateQuoteRow, 'evidence'>) => ({
  quote_id: row.quote_id,
  pair: row.pair,
  bid: row.bid,
  mid: row.mid,
  ask: row.ask,
  half_spread_bps: row.half_spread_bps,
  agreement: AGREEMENT.parse(row.agreement),
  basis: row.basis,
  sources: [...row.sources],
  as_of: row.as_of.toISOString(),
  published_at: row.published_at.toISOString(),
  policy_hash: row.policy_hash,
});
