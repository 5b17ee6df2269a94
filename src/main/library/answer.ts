/** For those who read an answer of their own provider. */

import { z } from 'zod';
import { readAnswer } from '../../features/rates/sources/answer.ts';
import { SourceFailure } from '../../features/rates/sources/classes.ts';
import { type ExactJson, JsonNumber } from '../../platform/http-client/exact-json.ts';
import type { HttpResponse } from '../../platform/http-client/port.ts';

/** Any document: {@link textAt} looks into it. */
const ANY = z.custom<ExactJson>();

/**
 * The JSON of an answer, each number as the digits that were sent.
 *
 * @param receivedAt epoch milliseconds
 * @throws SourceFailure: `rate-limited` for 429 (and 503) with the time for which it asks to be left
 * alone, `refused` for 401, 403 and 451, `transport` for 5xx, `bad-payload` for what is no JSON
 */
export const readJson = (response: HttpResponse, receivedAt: number): ExactJson =>
  readAnswer(response, receivedAt, ANY, () => undefined);

/**
 * The text or the number at a place in a document, as it was written: `textAt(json, 'data', 0, 'price')`.
 * @throws SourceFailure (bad-payload): there is none
 */
export function textAt(document: ExactJson, ...path: readonly (string | number)[]): string {
  let at: unknown = document;
  for (const step of path) {
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined;
  }
  if (typeof at === 'string') return at;
  if (at instanceof JsonNumber) return at.source;
  throw new SourceFailure('bad-payload', `${path.join('.')}: neither a text nor a number`);
}
