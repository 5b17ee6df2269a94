/**
 * open.er-api.com: USD/VND, one figure a day, with the time at which the next is due. Attribution is
 * required where its rates are shown. https://www.exchangerate-api.com/docs/free
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, integerNumber } from '../../../platform/http-client/exact-json.ts';
import type { FailureClass } from '../classes.ts';
import { dailyStamp } from '../rules.ts';
import type { SourceSettings } from '../settings.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { positiveRate, type Reading, type Source, USD_VND } from './source.ts';

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

export function openErApi({ url }: SourceSettings): Source {
  return {
    name: 'open-er-api',
    role: 'USD/VND, first source of the leg',
    cadence: 'daily',
    disabled: undefined,
    url: `${url}/v6/latest/USD`,
    headers: {},
    parse: (response, receivedAt): Reading => {
      const latest = readAnswer(response, receivedAt, LATEST, errorShape);
      const published = latest.time_last_update_unix * 1000;
      // The next figure appears some minutes after it is due.
      const next = Math.min(latest.time_next_update_unix * 1000 + HOUR_MS, published + LONGEST_STANDING_MS);
      const stamp = dailyStamp(published, next, receivedAt);
      return {
        observations: [{ pair: USD_VND, rate: positiveRate(USD_VND, latest.rates.VND), basis: 'fx_mid', ...stamp }],
        warnings: latest.time_eol_unix === 0 ? [] : [`it announces its end of life: ${latest.time_eol_unix}`],
      };
    },
  };
}

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
