/**
 * Frankfurter v2: USD/VND as central banks publish it, one figure a business day, rounded to whole
 * dong. Version 1 and the ECB have no VND. https://frankfurter.dev
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import { dailyStamp } from '../rules.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import type { FailureClass } from './classes.ts';
import { positiveRate, type Samples, type SourceDefinition, USD_VND } from './source.ts';

const HOUR_MS = 3_600_000;
/** Friday's figure stands until Monday's is out, some time on Monday. */
const STANDING_MS = 96 * HOUR_MS;

const RATE = z.object({
  date: z.iso.date(),
  base: z.literal('USD'),
  quote: z.literal('VND'),
  rate: decimalNumber,
});

/** `{"status":422,"message":"..."}`. */
function errorShape(document: ExactJson): ErrorShape | undefined {
  const status = member(document, 'status');
  if (!(status instanceof JsonNumber)) return undefined;
  return { message: textOf(member(document, 'message'), 'no message'), class: classOfStatus(status.source) };
}

const classOfStatus = (status: string): FailureClass | undefined =>
  status === '429' ? 'rate-limited' : /^5\d\d$/.test(status) ? 'transport' : undefined;

const figure = (rate: string, date = '2026-09-29', quote = 'VND'): string =>
  `{"date":"${date}","base":"USD","quote":"${quote}","rate":${rate}}`;
const error = (status: number): string => `{"status":${status},"message":"m"}`;

/** Shapes and 26123 are of its documentation; 25948 and 25980 are the recorded figures of their days, rounded as it rounds. */
const samples: Samples = {
  receivedAt: Date.parse('2026-09-29T10:00:00Z'),
  good: [
    { what: "today's figure", body: figure('25948'), says: { 'USD/VND': '25948' } },
    { what: "Friday's figure on a Tuesday", body: figure('25980', '2026-09-25'), says: { 'USD/VND': '25980' } },
    { what: 'another figure of today', body: figure('26123'), says: { 'USD/VND': '26123' } },
  ],
  bad: [
    { what: 'an unknown parameter', status: 422, body: error(422), failure: 'bad-payload' },
    { what: 'an unknown pair', status: 404, body: error(404), failure: 'bad-payload' },
    { what: 'an error under 200', body: error(422), failure: 'bad-payload' },
    { what: 'a server error under 200', body: error(500), failure: 'transport' },
    { what: 'over the limit, under 200', body: error(429), failure: 'rate-limited' },
    { what: 'a server error', status: 503, body: error(503), failure: 'transport' },
    {
      what: 'busy, and says until when',
      status: 503,
      headers: { 'retry-after': '7' },
      body: '',
      failure: 'rate-limited',
      holdMs: 7_000,
    },
    { what: 'a page', body: '<!DOCTYPE html><title>Frankfurter</title>', failure: 'bad-payload' },
    { what: 'nothing', body: '{}', failure: 'bad-payload' },
    { what: 'another pair', body: figure('16654', '2026-09-29', 'IDR'), failure: 'bad-payload' },
    { what: 'a date that is none', body: figure('25948', '2026-02-31'), failure: 'bad-payload' },
    { what: 'no figure for ten days', body: figure('26089', '2026-09-18'), failure: 'implausible' },
    { what: 'hundreds of dong', body: figure('259'), failure: 'implausible' },
  ],
};

export const frankfurter: SourceDefinition = {
  name: 'frankfurter',
  role: 'USD/VND, one figure a business day',
  url: 'https://api.frankfurter.dev',
  pairs: [USD_VND],
  cadence: { kind: 'daily', maxLagMs: 24 * HOUR_MS },
  everyMs: HOUR_MS,
  request: ({ url }) => ({ url: `${url}/v2/rate/USD/VND` }),
  parse: (response, receivedAt) => {
    const { date, rate } = readAnswer(response, receivedAt, RATE, errorShape);
    const published = Date.parse(`${date}T00:00:00Z`);
    const stamp = dailyStamp(published, published + STANDING_MS, receivedAt);
    return {
      observations: [{ pair: USD_VND, rate: positiveRate(USD_VND, rate), basis: 'fx_mid', ...stamp }],
      warnings: [],
    };
  },
  samples,
};
