/**
 * open.er-api.com: USD/VND, one figure a day, with the time at which the next is due. Attribution is
 * required where its rates are shown. https://www.exchangerate-api.com/docs/free
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, integerNumber } from '../../../platform/http-client/exact-json.ts';
import { dailyStamp } from '../rules.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import type { FailureClass } from './classes.ts';
import { positiveRate, type Samples, type SourceDefinition, USD_VND } from './source.ts';

const HOUR_MS = 3_600_000;
/** A figure stands at most this long, whatever the provider says of its next. */
const LONGEST_STANDING_MS = 26 * HOUR_MS;

const LATEST = z.object({
  result: z.literal('success'),
  base_code: z.literal('USD'),
  /** Seconds, all three; the last is 0 while the service has no end. */
  time_last_update_unix: integerNumber,
  time_next_update_unix: integerNumber,
  time_eol_unix: integerNumber,
  rates: z.object({ VND: decimalNumber }),
});

/** `{"result":"error","error-type":"unsupported-code"}`, under 200 too. */
function errorShape(document: ExactJson): ErrorShape | undefined {
  if (member(document, 'result') !== 'error') return undefined;
  const type = textOf(member(document, 'error-type'), 'of no type');
  return { message: `error ${type}`, class: classOfType(type) };
}

function classOfType(type: string): FailureClass | undefined {
  if (type === 'quota-reached') return 'rate-limited';
  if (type === 'invalid-key' || type === 'inactive-account') return 'refused';
  return undefined;
}

const MIDNIGHT = Date.parse('2026-09-29T00:00:00Z') / 1000;
const DAY = 86_400;

const latest = (vnd: string, { base = 'USD', updated = MIDNIGHT, eol = 0 } = {}): string =>
  `{"result":"success","provider":"https://www.exchangerate-api.com","time_last_update_unix":${updated},"time_next_update_unix":${updated + DAY},"time_eol_unix":${eol},"base_code":"${base}","rates":{"${base}":1,"AED":3.6725,"VND":${vnd}}}`;
const error = (type: string): string => `{"result":"error","error-type":"${type}"}`;

/** Shapes and names of errors are its documentation's; the first figure is the day's recorded one. */
const samples: Samples = {
  receivedAt: Date.parse('2026-09-29T10:00:00Z'),
  good: [
    { what: "this morning's figure", body: latest('25947.76804973'), says: { 'USD/VND': '25947.76804973' } },
    {
      what: 'a service that will end',
      body: latest('26050.1', { eol: 1_800_000_000 }),
      says: { 'USD/VND': '26050.1' },
    },
    {
      what: 'an update some minutes late',
      body: latest('25933', { updated: MIDNIGHT - DAY + 36_600 }),
      says: { 'USD/VND': '25933' },
    },
  ],
  bad: [
    { what: 'an error under 200', body: error('unsupported-code'), failure: 'bad-payload' },
    { what: 'an unknown address', status: 404, body: error('unsupported-code'), failure: 'bad-payload' },
    { what: 'the quota, under 200', body: error('quota-reached'), failure: 'rate-limited' },
    { what: 'a key that is none, under 200', body: error('invalid-key'), failure: 'refused' },
    { what: 'an account at rest', status: 403, body: error('inactive-account'), failure: 'refused' },
    {
      what: 'too many calls, until a time', // it lets nobody in for twenty minutes
      status: 429,
      headers: { 'retry-after': 'Tue, 29 Sep 2026 10:20:00 GMT' },
      body: '',
      failure: 'rate-limited',
      holdMs: 1_200_000,
    },
    { what: 'too many calls', status: 429, body: '<html>429</html>', failure: 'rate-limited' },
    { what: 'a server error', status: 500, body: '', failure: 'transport' },
    { what: 'nothing', body: '{}', failure: 'bad-payload' },
    { what: 'another base', body: latest('28111.5', { base: 'EUR' }), failure: 'bad-payload' },
    { what: 'no dong', body: latest('25947.8').replace('"VND"', '"VNX"'), failure: 'bad-payload' },
    { what: 'a hundredfold', body: latest('2594776.8'), failure: 'implausible' },
    { what: 'no update for days', body: latest('25947.8', { updated: MIDNIGHT - 3 * DAY }), failure: 'implausible' },
  ],
};

export const openErApi: SourceDefinition = {
  name: 'open-er-api',
  role: 'USD/VND, one figure a day',
  url: 'https://open.er-api.com',
  pairs: [USD_VND],
  cadence: { kind: 'daily', maxLagMs: 24 * HOUR_MS },
  everyMs: HOUR_MS,
  request: ({ url }) => ({ url: `${url}/v6/latest/USD` }),
  parse: (response, receivedAt) => {
    const answer = readAnswer(response, receivedAt, LATEST, errorShape);
    const published = answer.time_last_update_unix * 1000;
    // The next figure appears some minutes after it is due.
    const next = Math.min(answer.time_next_update_unix * 1000 + HOUR_MS, published + LONGEST_STANDING_MS);
    const stamp = dailyStamp(published, next, receivedAt);
    return {
      observations: [{ pair: USD_VND, rate: positiveRate(USD_VND, answer.rates.VND), basis: 'fx_mid', ...stamp }],
      warnings: answer.time_eol_unix === 0 ? [] : [`it announces its end of life: ${answer.time_eol_unix}`],
    };
  },
  samples,
};
