/** No body, however strange, is believed beyond the bounds, or breaks the reader. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW, read, reply, SUCCESS, settings } from '../../../../test/support/rate-answers.ts';
import { compareDecimal } from '../../../kernel/decimal.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { FAILURE_CLASSES, SourceFailure } from '../classes.ts';
import { SOURCE_NAMES } from '../quote.ts';
import { asOfAt } from '../rules.ts';

/** Bodies that are nearly right: a true one with pieces changed, dropped, doubled or made strange. */
const STRANGE = [
  '0',
  '-1',
  '1e30',
  '1e400',
  '1E-5',
  '26,105.00',
  '"26105"',
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '\u0000',
  '２６１０５',
  '-0',
  '9'.repeat(400),
  `0.${'0'.repeat(40)}1`,
  '__proto__',
];
const mutated = (body: string): fc.Arbitrary<string> => {
  const tokens = body.match(/"[^"]*"|-?[\d.]+|[[\]{}:,]|[a-z]+/g) ?? [];
  const mutation = fc.record({
    at: fc.nat(Math.max(0, tokens.length - 1)),
    how: fc.constantFrom('replace', 'drop', 'double', 'scale', 'swap'),
    strange: fc.constantFrom(...STRANGE),
  });
  return fc.array(mutation, { minLength: 1, maxLength: 3 }).map((mutations) => {
    const parts = [...tokens];
    for (const { at, how, strange } of mutations) {
      const token = parts[at] ?? '';
      if (how === 'replace') parts[at] = strange;
      else if (how === 'drop') parts[at] = '';
      else if (how === 'double') parts[at] = `${token}${token}`;
      else if (how === 'scale') parts[at] = /^\d/.test(token) ? `${token.replace('.', '')}00` : token;
      else [parts[at], parts[at + 1]] = [parts[at + 1] ?? '', token];
    }
    return parts.join('');
  });
};

const oddStatus = fc.constantFrom(200, 200, 200, 200, 202, 301, 400, 401, 403, 404, 418, 422, 429, 451, 500, 503, 599);
const oddHeaders = fc.constantFrom<HttpResponse['headers']>(
  {},
  { 'retry-after': '60' },
  { 'retry-after': '-1' },
  { 'retry-after': '99999999999999999999' },
  { 'retry-after': 'Tue, 99 Foo 2026 10:20:00 GMT' },
  { 'retry-after': 'soon', date: 'never' },
);

describe.each(SOURCE_NAMES)('hostile bodies for %s', (name) => {
  const believedOrRefused = (response: HttpResponse): boolean => {
    try {
      for (const each of read(name, response).observations) {
        const band = settings.bands[pairName(each.pair)];
        expect(band !== undefined && compareDecimal(each.rate.value, band.min) >= 0).toBe(true);
        expect(band !== undefined && compareDecimal(each.rate.value, band.max) <= 0).toBe(true);
        expect(asOfAt(each, NOW)).toBeLessThanOrEqual(NOW);
        expect(NOW - asOfAt(each, NOW)).toBeLessThanOrEqual(settings.sources[name].maxLagMs);
        expect(each.publishedAt).toBeLessThanOrEqual(NOW);
      }
      return true;
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error;
      expect(FAILURE_CLASSES).toContain(error.class);
      expect(error.holdMs ?? 0).toBeGreaterThanOrEqual(0);
      expect(error.holdMs ?? 0).toBeLessThanOrEqual(259_200_000);
      return false;
    }
  };

  it('are refused as one of the classes, or believed within every bound', () => {
    let refused = 0;
    fc.assert(
      fc.property(mutated(SUCCESS[name]), oddStatus, oddHeaders, (body, code, headers) => {
        if (!believedOrRefused(reply(body, code, headers))) refused += 1;
      }),
      { numRuns: 1_500 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it('of any text or any JSON are refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (body) => {
        expect(believedOrRefused(reply(body))).toBe(false);
      }),
      { numRuns: 400 },
    );
  });
});
