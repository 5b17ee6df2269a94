/**
 * Which redirects are followed: at most three, to the same host and port, never from https to http.
 * A provider that sends its callers elsewhere has moved, or is not who answers.
 */
import { PlumblineError } from '../../kernel/errors.ts';
import type { Method } from './port.ts';

const MAX_REDIRECTS = 3;

export interface Hop {
  readonly url: string;
  readonly method: Method;
  readonly body: string | Uint8Array | undefined;
}

/**
 * The next request, or undefined when this answer is final.
 * @throws `http.redirected` (upstream)
 */
export function nextHop(hop: Hop, status: number, location: string | undefined, followed: number): Hop | undefined {
  const redirects = status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
  if (!redirects || location === undefined) return undefined;
  const from = new URL(hop.url);
  const to = URL.canParse(location, hop.url) ? new URL(location, hop.url) : undefined;
  if (to === undefined) throw refused(from, 'to an address that is not a URL');
  const downgrade = from.protocol === 'https:' && to.protocol !== 'https:';
  const web = to.protocol === 'https:' || to.protocol === 'http:';
  if (to.host !== from.host || downgrade || !web) {
    throw refused(from, `to ${to.origin}; if the service has moved there, configure that address`);
  }
  if (followed >= MAX_REDIRECTS) throw refused(from, `more than ${MAX_REDIRECTS} times`);
  // RFC 9110 15.4: 307 and 308 repeat the request; after the others a POST becomes a GET without body.
  const repeats = status === 307 || status === 308;
  return repeats ? { ...hop, url: to.href } : { url: to.href, method: 'GET', body: undefined };
}

const refused = (from: URL, how: string): PlumblineError =>
  new PlumblineError('upstream', 'http.redirected', `${from.origin}${from.pathname} redirects ${how}`, {
    details: { place: `${from.origin}${from.pathname}` },
  });
