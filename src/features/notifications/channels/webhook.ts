/** Standard Webhooks over HTTPS, to addresses that merchants choose: guarded, and without redirects. */
import type { Clock } from '../../../kernel/clock.ts';
import type { HttpClient } from '../../../platform/http-client/port.ts';
import type { Vault } from '../privacy/vault.ts';
import { malformed, webAddress } from './address.ts';
import type { Channel, Outcome, Outgoing } from './channel.ts';
import { retryAfter, transportFault } from './faults.ts';
import { webhookHeaders } from './signing.ts';

export interface WebhookDeps {
  readonly clock: Clock;
  /** A guarded one: it refuses what is not public. */
  readonly http: HttpClient;
  readonly vault: Vault;
  /** Whether plain http:// is taken, for receivers inside an allowed network. */
  readonly mayBeHttp: boolean;
  /** @throws where the host is an address that is never called */
  readonly assertHost: (url: URL) => void;
}

/** What is read of an answer; the rest is nobody's business. */
const MAX_ANSWER = 16 * 1024;

export function webhookChannel(deps: WebhookDeps): Channel {
  return {
    name: 'webhook',
    providers: [{ name: 'webhook', send: (message, timeoutMs) => send(deps, message, timeoutMs) }],
    address: (text) => {
      const url = webAddress('webhook', text, deps.mayBeHttp);
      try {
        deps.assertHost(url);
      } catch {
        throw malformed('webhook', 'a public address: loopback, private and link-local ones are refused');
      }
      return url.href;
    },
  };
}

async function send({ clock, http, vault }: WebhookDeps, message: Outgoing, timeoutMs: number): Promise<Outcome> {
  const { messageId: id, body, address: url, signing } = message;
  if (signing === undefined)
    return { kind: 'refused', error: 'a webhook without an endpoint has no secret to sign with' };
  try {
    const headers = webhookHeaders(vault, signing, { id, at: clock.now(), body });
    const answer = await http.send({ url, method: 'POST', headers, body, timeoutMs, maxBytes: MAX_ANSWER });
    const { status: code } = answer;
    const error = `the receiver answered with status ${code}`;
    if (code >= 200 && code < 300) return { kind: 'delivered', messageId: id, code };
    if (code === 410) return { kind: 'gone', error, code };
    if (code === 429 || code === 502 || code === 503 || code === 504) {
      return { kind: 'throttled', error, code, waitMs: retryAfter(answer, clock.now()) };
    }
    // A redirect, too: where it leads nobody has looked at.
    return { kind: 'failed', blame: 'recipient', error, code };
  } catch (error) {
    const fault = transportFault(error, 'recipient');
    // A body that is too large came after a status, and nobody knows which: the receiver may well have it.
    return fault.kind === 'refused' ? { kind: 'failed', blame: 'recipient', error: fault.error } : fault;
  }
}
