/**
 * Text messages by anybody who takes an HTTP request for each: how it looks is configuration, so that eSMS,
 * Twilio and a gateway of one's own are one adapter.
 */
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { HttpClient } from '../../../platform/http-client/port.ts';
import { redact } from '../privacy/mask.ts';
import { phone } from './address.ts';
import type { Channel, Outcome, Outgoing, Provider } from './channel.ts';
import { statusFault, transportFault } from './faults.ts';

/** One provider, as NOTIFY_SMS_PROVIDERS lists them. In the body, {to}, {text} and {id} are put in, encoded as the form needs it; in headers {id}. */
const SMS_PROVIDER = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  url: z.url({ protocol: /^https?$/ }),
  /** `json`: the body is a template of JSON; `form`: of a query string. */
  form: z.enum(['json', 'form']),
  body: z.string().min(1),
  headers: z.record(z.string().regex(/^[A-Za-z-]+$/), z.string()).default({}),
  /** Where the answer holds the message's id: a JSON pointer. */
  id: z
    .string()
    .regex(/^(\/[^/]+)+$/)
    .optional(),
  /** What the answer holds where it succeeded, besides a status of 2xx: a pointer and its value as text. */
  success: z.strictObject({ pointer: z.string().regex(/^(\/[^/]+)+$/), value: z.string() }).optional(),
});
export type SmsProvider = z.output<typeof SMS_PROVIDER>;

/** @throws `notifications.sms_malformed` (invalid) */
export function parseSmsProviders(text: string): readonly SmsProvider[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = z.array(SMS_PROVIDER).min(1).max(4).safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({
    pointer: `NOTIFY_SMS_PROVIDERS/${path.join('/')}`,
    message,
  }));
  throw new PlumblineError(
    'invalid',
    'notifications.sms_malformed',
    'NOTIFY_SMS_PROVIDERS is not a list of providers as JSON (docs/operations/notifications.md)',
    { faults },
  );
}

export const smsChannel = (
  deps: { readonly http: HttpClient; readonly clock: Clock },
  providers: readonly SmsProvider[],
): Channel => ({
  name: 'sms',
  providers: providers.map(
    (provider): Provider => ({ name: provider.name, send: (message, ms) => send(deps, provider, message, ms) }),
  ),
  address: (text) => phone('sms', text),
});

/** Nine parts of a long message, and no more. */
const MAX_TEXT = 1_300;

async function send(
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
  provider: SmsProvider,
  message: Outgoing,
  timeoutMs: number,
): Promise<Outcome> {
  const encode = provider.form === 'json' ? (text: string) => JSON.stringify(text).slice(1, -1) : encodeURIComponent;
  const values: Readonly<Record<string, string>> = {
    to: message.address,
    text: message.text.slice(0, MAX_TEXT),
    id: message.messageId,
  };
  const body = provider.body.replaceAll(/\{(to|text|id)\}/g, (_whole, name: string) => encode(values[name] ?? ''));
  const type = provider.form === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
  try {
    const own = Object.entries(provider.headers).map(([name, value]) => [
      name,
      value.replaceAll('{id}', message.messageId),
    ]);
    const headers = { 'content-type': type, ...Object.fromEntries(own) };
    const answer = await http.send({ url: provider.url, method: 'POST', headers, body, timeoutMs });
    const said = parsed(answer.body);
    const secrets = Object.values(provider.headers);
    const what = redact(answer.body, [message.address, ...secrets]);
    if (answer.status < 200 || answer.status > 299) {
      return statusFault(answer, clock.now(), `${provider.name} answered with status ${answer.status}: ${what}`);
    }
    const { success, id } = provider;
    if (success !== undefined && textAt(said, success.pointer) !== success.value) {
      return {
        kind: 'failed',
        blame: 'provider',
        error: `${provider.name} did not take it: ${what}`,
        code: answer.status,
      };
    }
    return { kind: 'accepted', messageId: id === undefined ? undefined : textAt(said, id), code: answer.status };
  } catch (error) {
    return transportFault(error, 'provider');
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The scalar at a JSON pointer, as text. */
function textAt(value: unknown, pointer: string): string | undefined {
  let at: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean'
    ? String(at).slice(0, 200)
    : undefined;
}
