/** No body, however strange, is believed wrongly, or breaks the reader. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BANDS, figuresOf, read, reply, trueBody } from '../../../../test/support/rate-answers.ts';
import { type CorpusBody, corpusOf } from '../../../../test/support/rate-corpus.ts';
import { compareDecimal } from '../../../kernel/decimal.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { asOfAt } from '../rules.ts';
import { FAILURE_CLASSES, SourceFailure } from './classes.ts';
import type { Reading, SourceDefinition } from './source.ts';
import { SOURCES } from './sources.ts';

const LONGEST_HOLD_MS = 259_200_000;

type Outcome =
  | { readonly kind: 'read'; readonly reading: Reading }
  | { readonly kind: 'refused'; readonly failure: SourceFailure };

/** @throws whatever is no SourceFailure */
function outcomeOf(definition: SourceDefinition, response: HttpResponse): Outcome {
  try {
    return { kind: 'read', reading: read(definition, response) };
  } catch (failure) {
    if (failure instanceof SourceFailure) return { kind: 'refused', failure };
    throw failure;
  }
}

/** What is wrong with the outcome; undefined: nothing. */
function complaint(definition: SourceDefinition, { response, expected }: CorpusBody): string | undefined {
  const outcome = outcomeOf(definition, response);
  if (outcome.kind === 'read') {
    const figures = JSON.stringify(figuresOf(outcome.reading));
    if (expected.kind === 'refused') return `was believed: ${figures}`;
    return figures === JSON.stringify(expected.says) ? undefined : `was read as ${figures}`;
  }
  const { class: failure, holdMs, message } = outcome.failure;
  if (expected.kind === 'read') return `was refused: ${message}`;
  if (!FAILURE_CLASSES.includes(failure)) return `was of no known class: ${failure}`;
  if (expected.class !== undefined && failure !== expected.class) return `was ${failure}: ${message}`;
  if (expected.class !== undefined && holdMs !== expected.holdMs) return `holds for ${holdMs}`;
  if (expected.naming !== undefined && !message.includes(expected.naming)) return `said only: ${message}`;
  return message === '' || message.length > 600 ? `says too much or nothing: ${message}` : undefined;
}

describe.each(SOURCES.map((definition) => [definition.name, definition] as const))(
  'the corpus of %s',
  (_, definition) => {
    const corpus = corpusOf(definition);

    it('has bodies enough of both kinds, each only once', () => {
      const bodies = new Set(corpus.map(({ response }) => response.body));
      expect(bodies.size).toBeGreaterThanOrEqual(200);
      expect(new Set(corpus.map(({ response }) => JSON.stringify(response))).size).toBe(corpus.length);
      expect(corpus.filter(({ expected }) => expected.kind === 'read').length).toBeGreaterThanOrEqual(50);
    });

    it('is read as it says, or refused as it has to be', () => {
      const complaints = corpus.flatMap((each) => {
        const wrong = complaint(definition, each);
        return wrong === undefined ? [] : [`${each.what} ${wrong}: ${each.response.body.slice(0, 400)}`];
      });
      expect(complaints.slice(0, 20)).toEqual([]);
    });
  },
);

/** What may stand in the place of any token. */
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

/** A true body with pieces changed, dropped, doubled or made strange, several at once. */
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

describe.each(SOURCES.map((definition) => [definition.name, definition] as const))(
  'chance bodies for %s',
  (_, definition) => {
    const now = definition.samples.receivedAt;
    const believedOrRefused = (response: HttpResponse): boolean => {
      const outcome = outcomeOf(definition, response);
      if (outcome.kind === 'refused') {
        expect(FAILURE_CLASSES).toContain(outcome.failure.class);
        expect(outcome.failure.holdMs ?? 0).toBeGreaterThanOrEqual(0);
        expect(outcome.failure.holdMs ?? 0).toBeLessThanOrEqual(LONGEST_HOLD_MS);
        return false;
      }
      expect(outcome.reading.observations.map(({ pair }) => pair)).toEqual(definition.pairs);
      for (const each of outcome.reading.observations) {
        const band = BANDS[pairName(each.pair)];
        expect(band !== undefined && compareDecimal(each.rate.value, band.min) >= 0).toBe(true);
        expect(band !== undefined && compareDecimal(each.rate.value, band.max) <= 0).toBe(true);
        expect(asOfAt(each, now)).toBeLessThanOrEqual(now);
        expect(now - asOfAt(each, now)).toBeLessThanOrEqual(definition.cadence.maxLagMs);
        expect(each.publishedAt).toBeLessThanOrEqual(now);
      }
      return true;
    };

    it('are refused as one of the classes, or believed within every bound', () => {
      let refused = 0;
      fc.assert(
        fc.property(mutated(trueBody(definition)), oddStatus, oddHeaders, (body, code, headers) => {
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
  },
);
