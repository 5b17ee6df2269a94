/** The bounds of the pairs, and how the answer of a source is read in earnest. */
import type { Band } from '../../src/features/rates/rules.ts';
import type { Reading, SourceDefinition } from '../../src/features/rates/sources/source.ts';
import { SOURCES } from '../../src/features/rates/sources/sources.ts';
import { assertValid, type Bands } from '../../src/features/rates/sources/validity.ts';
import { type Decimal, parseDecimal } from '../../src/kernel/decimal.ts';
import { formatRate, pairName } from '../../src/kernel/rate.ts';
import type { HttpResponse } from '../../src/platform/http-client/port.ts';

function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`"${text}" is not a decimal`);
  return value;
}
const band = (min: string, max: string): Band => ({ min: decimal(min), max: decimal(max) });

export const BANDS: Bands = {
  'USDT/VND': band('10000', '60000'),
  'USD/VND': band('10000', '60000'),
  'USDT/USD': band('0.5', '1.5'),
};

export function sourceOf(name: string): SourceDefinition {
  const definition = SOURCES.find((each) => each.name === name);
  if (definition === undefined) throw new Error(`no source is named ${name}`);
  return definition;
}

/** A true body of the source: the first of its samples. */
export function trueBody(definition: SourceDefinition): string {
  const [sample] = definition.samples.good;
  if (sample === undefined) throw new Error(`${definition.name} has no samples`);
  return sample.body;
}

export const reply = (body: string, status = 200, headers: HttpResponse['headers'] = {}): HttpResponse => ({
  status,
  headers,
  body,
});

/** Parsed, and judged. @param now when it was received: when the samples were, unless told */
export function read(
  definition: SourceDefinition,
  response: HttpResponse,
  now = definition.samples.receivedAt,
): Reading {
  const reading = definition.parse(response, now);
  assertValid(reading, now, BANDS, definition.cadence.maxLagMs);
  return reading;
}

/** Pair name to rate. */
export const figuresOf = (reading: Reading): { readonly [pair: string]: string } =>
  Object.fromEntries(reading.observations.map((each) => [pairName(each.pair), formatRate(each.rate)]));
