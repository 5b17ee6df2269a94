/**
 * Frankfurter v2: USD/VND as central banks publish it, one figure a business day, rounded to whole
 * dong. Version 1 and the ECB have no VND. https://frankfurter.dev
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import type { FailureClass } from '../classes.ts';
import { dailyStamp } from '../rules.ts';
import type { SourceSettings } from '../settings.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { positiveRate, type Reading, type Source, USD_VND } from './source.ts';

/** Friday's figure stands until Monday's is out, some time on Monday. */
const STANDING_MS = 4 * 86_400_000;

const RATE = z.object({
  date: z.iso.date(),
  base: z.literal('USD'),
  quote: z.literal('VND'),
  rate: decimalNumber,
});

export function frankfurter({ url }: SourceSettings): Source {
  return {
    name: 'frankfurter',
    role: 'USD/VND, second source of the leg',
    cadence: 'daily',
    disabled: undefined,
    url: `${url}/v2/rate/USD/VND`,
    headers: {},
    parse: (response, receivedAt): Reading => {
      const { date, rate } = readAnswer(response, receivedAt, RATE, errorShape);
      const published = Date.parse(`${date}T00:00:00Z`);
      const stamp = dailyStamp(published, published + STANDING_MS, receivedAt);
      return {
        observations: [{ pair: USD_VND, rate: positiveRate(USD_VND, rate), basis: 'fx_mid', ...stamp }],
        warnings: [],
      };
    },
  };
}

/** `{"status":422,"message":"..."}`. */
function errorShape(document: ExactJson): ErrorShape | undefined {
  const status = member(document, 'status');
  if (!(status instanceof JsonNumber)) return undefined;
  return { message: textOf(member(document, 'message'), 'no message'), class: classOfStatus(status.source) };
}

const classOfStatus = (status: string): FailureClass | undefined =>
  status === '429' ? 'rate-limited' : /^5\d\d$/.test(status) ? 'transport' : undefined;
