/**
 * Zalo Notification Service: messages by templates that Zalo has approved.
 * https://developers.zalo.me/docs/zalo-notification-service
 */
import { z } from 'zod';
import type { HttpClient } from '../../../platform/http-client/port.ts';
import { redact } from '../privacy/mask.ts';
import { phone } from './address.ts';
import type { Channel, Outcome, Outgoing } from './channel.ts';
import { transportFault } from './faults.ts';
import type { ZaloTokens } from './zalo-tokens.ts';

export interface ZaloDeps {
  readonly http: HttpClient;
  /** `https://business.openapi.zalo.me`. */
  readonly url: string;
  readonly tokens: ZaloTokens;
  /** The approved template for what has none of its own; it has the parameters `title`, `message` and `code`. */
  readonly templateId: string;
}

const ANSWER = z.object({
  error: z.int(),
  message: z.string().optional(),
  data: z.looseObject({ msg_id: z.string().optional() }).optional(),
});

/** A template of Plumbline may name another template of Zalo: its text is then this JSON. */
const CALL = z.strictObject({
  template_id: z.string().min(1).max(40),
  template_data: z.record(z.string(), z.string()),
});

/** Error codes of the service, as its documentation lists them. */
const TOKEN = new Set([-124, -216, -220]);
const QUOTA = new Set([-115, -126, -141, -144, -147, -153]);
const RECIPIENT = new Set([-108, -114, -118, -119, -1141, -139, -140]);

export const zaloChannel = (deps: ZaloDeps): Channel => ({
  name: 'zalo',
  providers: [{ name: 'zns', send: (message, timeoutMs) => send(deps, message, timeoutMs) }],
  address: (text) => phone('zalo', text),
});

async function send(deps: ZaloDeps, message: Outgoing, timeoutMs: number): Promise<Outcome> {
  try {
    const first = await ask(deps, message, timeoutMs, await deps.tokens.current(timeoutMs));
    if (!first.tokenRefused) return first.outcome;
    // The token was taken back before its time: one try with a new one.
    return (await ask(deps, message, timeoutMs, await deps.tokens.renew(timeoutMs))).outcome;
  } catch (error) {
    return transportFault(error, 'provider');
  }
}

async function ask(
  { http, url, templateId }: ZaloDeps,
  message: Outgoing,
  timeoutMs: number,
  token: string,
): Promise<{ readonly outcome: Outcome; readonly tokenRefused: boolean }> {
  const response = await http.send({
    ...{ url: `${url}/message/template`, method: 'POST', timeoutMs },
    headers: { 'content-type': 'application/json', access_token: token },
    body: JSON.stringify({
      phone: message.address.slice(1),
      tracking_id: message.messageId,
      ...callOf(message, templateId),
    }),
  });
  const answer = parsed(response.body);
  const { status: code } = response;
  if (answer?.error === 0)
    return { outcome: { kind: 'accepted', messageId: answer.data?.msg_id, code }, tokenRefused: false };
  const said = redact(answer?.message ?? 'no reason', [message.address, token]);
  const error = `Zalo answered with ${answer?.error ?? `status ${code}`}: ${said}`;
  return {
    outcome: faultOf(answer?.error, error, code),
    tokenRefused: answer !== undefined && TOKEN.has(answer.error),
  };
}

function faultOf(zalo: number | undefined, error: string, code: number): Outcome {
  if (zalo !== undefined && QUOTA.has(zalo)) return { kind: 'throttled', error, code };
  if (zalo !== undefined && RECIPIENT.has(zalo)) return { kind: 'refused', error, code };
  return { kind: 'failed', blame: 'provider', error, code };
}

function callOf(message: Outgoing, templateId: string): z.output<typeof CALL> {
  const own = CALL.safeParse(json(message.text));
  if (own.success) return own.data;
  const { subject: title, text, messageId } = message;
  return {
    template_id: templateId,
    template_data: { title: title.slice(0, 100), message: text.slice(0, 200), code: messageId.slice(0, 30) },
  };
}

const parsed = (body: string): z.output<typeof ANSWER> | undefined => ANSWER.safeParse(json(body)).data;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
