/** Telegram's Bot API: https://core.telegram.org/bots/api#sendmessage */
import { z } from 'zod';
import type { HttpClient } from '../../../platform/http-client/port.ts';
import { redact } from '../privacy/mask.ts';
import { telegramChat } from './address.ts';
import type { Channel, Outcome, Outgoing } from './channel.ts';
import { transportFault } from './faults.ts';

export interface TelegramDeps {
  readonly http: HttpClient;
  /** `https://api.telegram.org`. */
  readonly url: string;
  readonly token: string;
}

const ANSWER = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  error_code: z.int().optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.int().optional() }).optional(),
});
const SENT = z.object({ message_id: z.int() });

const MARK = { info: '\u2139\ufe0f', warning: '\u26a0\ufe0f', critical: '\ud83d\udea8' } as const;
const MAX_TEXT = 4_096;

export const acknowledgeData = (incidentId: string): string => `ack:${incidentId}`;

export const telegramChannel = (deps: TelegramDeps): Channel => ({
  name: 'telegram',
  providers: [{ name: 'telegram', send: (message, timeoutMs) => send(deps, message, timeoutMs) }],
  address: telegramChat,
});

/** Plain text, without a parse mode: nothing in it can mean anything. */
async function send(deps: TelegramDeps, message: Outgoing, timeoutMs: number): Promise<Outcome> {
  const { incidentId } = message;
  const button = incidentId === undefined ? {} : { reply_markup: keyboard(incidentId) };
  const text = `${MARK[message.severity]} ${message.subject}\n\n${message.text}`.slice(0, MAX_TEXT);
  try {
    const { answer, status } = await call(
      deps,
      'sendMessage',
      { chat_id: message.address, text, ...button },
      timeoutMs,
    );
    if (answer?.ok === true) {
      const sent = SENT.safeParse(answer.result);
      return { kind: 'delivered', messageId: sent.success ? String(sent.data.message_id) : undefined, code: status };
    }
    return faultOf(answer, status, deps.token);
  } catch (error) {
    return transportFault(error, 'provider');
  }
}

const keyboard = (incidentId: string) => ({
  inline_keyboard: [[{ text: 'Acknowledge / X\u00e1c nh\u1eadn', callback_data: acknowledgeData(incidentId) }]],
});

function faultOf(answer: z.output<typeof ANSWER> | undefined, status: number, token: string): Outcome {
  const code = answer?.error_code ?? status;
  const error = `Telegram answered with ${code}: ${redact(answer?.description ?? 'no reason', [token])}`;
  if (code === 429) return { kind: 'throttled', error, code, waitMs: (answer?.parameters?.retry_after ?? 1) * 1000 };
  if (code === 403) return { kind: 'gone', error, code }; // the bot was blocked, or thrown out of the chat
  if (code === 400) return { kind: 'refused', error, code };
  return { kind: 'failed', blame: 'provider', error, code };
}

/** One call of the Bot API. The token is in its path: errors of the client are never shown as they are. */
export async function call(
  { http, url, token }: TelegramDeps,
  method: string,
  body: object,
  timeoutMs: number,
): Promise<{ readonly answer: z.output<typeof ANSWER> | undefined; readonly status: number }> {
  const response = await http.send({
    ...{ url: `${url}/bot${token}/${method}`, method: 'POST', timeoutMs, maxBytes: 1024 * 1024 },
    ...{ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  });
  return { answer: parsed(response.body), status: response.status };
}

function parsed(body: string): z.output<typeof ANSWER> | undefined {
  try {
    return ANSWER.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
