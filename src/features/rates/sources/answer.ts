/**
 * Reading an answer: the provider's own error shape first, whatever the status (several providers put
 * errors under 200), then the status, then the schema.
 */
import type { z } from 'zod';
import { messageOf } from '../../../kernel/errors.ts';
import { type ExactJson, JsonNumber, parseExactJson } from '../../../platform/http-client/exact-json.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { type FailureClass, SourceFailure } from './classes.ts';
import { MAX_HOLD_MS, retryAfterMs } from './retry-after.ts';

/** What a provider's error body says. */
export interface ErrorShape {
  readonly message: string;
  /** Absent: the status decides, and under 200 it is a bad payload. */
  readonly class?: FailureClass | undefined;
  /** Milliseconds for which the body asks to be left alone. */
  readonly holdMs?: number | undefined;
}

/** @throws SourceFailure */
export function readAnswer<S extends z.ZodType>(
  response: HttpResponse,
  receivedAt: number,
  schema: S,
  errorShape: (document: ExactJson) => ErrorShape | undefined,
): z.output<S> {
  const body = parseBody(response.body);
  const error = body.kind === 'json' ? errorShape(body.document) : undefined;
  if (error !== undefined || response.status !== 200) throw failureOf(response, receivedAt, error);
  if (body.kind === 'other')
    throw new SourceFailure('bad-payload', `${body.reason}; it begins ${sample(response.body)}`);
  const parsed = schema.safeParse(body.document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue === undefined ? '' : issue.path.map(String).join('.');
  throw new SourceFailure(
    'bad-payload',
    `${path === '' ? 'the answer' : path}: ${issue?.message ?? 'unexpected shape'}`,
  );
}

type Body =
  | { readonly kind: 'json'; readonly document: ExactJson }
  | { readonly kind: 'other'; readonly reason: string };

function parseBody(text: string): Body {
  try {
    return { kind: 'json', document: parseExactJson(text) };
  } catch (error) {
    return { kind: 'other', reason: messageOf(error) };
  }
}

function failureOf(response: HttpResponse, receivedAt: number, error: ErrorShape | undefined): SourceFailure {
  const asked = retryAfterMs(response.headers, receivedAt);
  const failure = classOfStatus(response.status, asked !== undefined) ?? error?.class ?? 'bad-payload';
  const said = error === undefined ? `the body begins ${sample(response.body)}` : error.message.slice(0, 200);
  const holdMs = asked ?? error?.holdMs;
  const hold = holdMs === undefined ? {} : { holdMs: Math.min(holdMs, MAX_HOLD_MS) };
  return new SourceFailure(failure, `status ${response.status}: ${said}`, hold);
}

function classOfStatus(status: number, saysWhenToReturn: boolean): FailureClass | undefined {
  if (status === 429 || status === 418) return 'rate-limited'; // 418: Binance's ban
  if (status === 401 || status === 403 || status === 451) return 'refused';
  if (status === 503 && saysWhenToReturn) return 'rate-limited';
  if (status >= 500) return 'transport';
  return undefined;
}

/** Enough of a body to know it again, harmless in a log line. */
const sample = (body: string): string => JSON.stringify(body.slice(0, 60));

type JsonObject = { readonly [key: string]: ExactJson };

function isObject(value: ExactJson | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The member of a JSON object, or undefined where there is none, or no object. */
export const member = (value: ExactJson | undefined, key: string): ExactJson | undefined =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The value as text for a message. */
export function textOf(value: ExactJson | undefined, otherwise: string): string {
  if (typeof value === 'string') return value;
  return value instanceof JsonNumber ? value.source : otherwise;
}
