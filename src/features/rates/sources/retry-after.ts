/** `Retry-After`: seconds or an HTTP date (RFC 9110 10.2.3). */

/** No provider is believed that it wants to be left alone for longer; Binance's longest ban is 3 days. */
export const MAX_HOLD_MS = 3 * 86_400_000;

/**
 * Milliseconds to wait, or undefined where the header is absent or unreadable. A date is measured
 * against the answer's own `Date`, where it has one: our clock may differ from theirs.
 */
export function retryAfterMs(headers: { readonly [name: string]: string }, now: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d{1,12}$/.test(value)) return Math.min(Number(value) * 1000, MAX_HOLD_MS);
  const at = httpDate(value);
  if (at === undefined) return undefined;
  const sentAt = httpDate(headers.date ?? '') ?? now;
  return Math.min(Math.max(0, at - sentAt), MAX_HOLD_MS);
}

/** The one form that servers may send: `Tue, 24 Nov 2026 08:49:37 GMT`. */
function httpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const epochMs = Date.parse(text);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
