/** What went wrong on the way, in words that hold neither an address nor a secret. */
import { isPlumblineError, messageOf } from '../../../kernel/errors.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { redact } from '../privacy/mask.ts';
import type { Outcome } from './channel.ts';

/** The HTTP client's messages begin with the place, whose path may be a secret. */
export function transportFault(error: unknown, blame: 'provider' | 'recipient'): Outcome {
  const place = isPlumblineError(error) ? error.details.place : undefined;
  const message = messageOf(error);
  const reason = typeof place === 'string' ? message.replace(`${place}: `, '').replaceAll(place, 'it') : message;
  const code = isPlumblineError(error) ? `${error.code}: ` : '';
  if (isPlumblineError(error) && (error.code === 'http.address_refused' || error.code === 'http.redirected')) {
    return { kind: 'refused', error: redact(`${code}${reason}`) };
  }
  return { kind: 'failed', blame, error: redact(`${code}${reason}`) };
}

/** `Retry-After` (RFC 9110 10.2.3), milliseconds: a number of seconds, or a date. */
export function retryAfter({ headers }: HttpResponse, now: number): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = /^[A-Za-z]{3}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** What a provider's status means where its body says no more. */
export function statusFault(response: HttpResponse, now: number, error: string): Outcome {
  const { status: code } = response;
  if (code === 429 || code === 503) return { kind: 'throttled', error, code, waitMs: retryAfter(response, now) };
  if (code >= 500 || code === 408) return { kind: 'failed', blame: 'provider', error, code };
  // Our own key is refused: another provider may take it, and a person has to look.
  if (code === 401 || code === 403) return { kind: 'failed', blame: 'provider', error, code };
  return { kind: 'refused', error, code };
}
