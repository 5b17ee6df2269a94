/** Slack by incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
import type { Clock } from '../../../kernel/clock.ts';
import type { HttpClient } from '../../../platform/http-client/port.ts';
import { malformed, webAddress } from './address.ts';
import type { Channel, Outcome, Outgoing } from './channel.ts';
import { statusFault, transportFault } from './faults.ts';

export interface SlackDeps {
  readonly clock: Clock;
  readonly http: HttpClient;
  /** Origins that are taken for Slack: `https://hooks.slack.com`. */
  readonly origins: readonly string[];
}

const MARK = { info: ':information_source:', warning: ':warning:', critical: ':rotating_light:' } as const;
const MAX_TEXT = 3_000;

/** The three characters that mean something to Slack; what is left cannot mention a person or a channel. */
export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function slackChannel(deps: SlackDeps): Channel {
  return {
    name: 'slack',
    providers: [{ name: 'slack', send: (message, timeoutMs) => send(deps, message, timeoutMs) }],
    address: (text) => {
      const url = webAddress('slack', text, true);
      if (!deps.origins.includes(url.origin))
        throw malformed('slack', `an incoming webhook of ${deps.origins.join(' or ')}`);
      return url.href;
    },
  };
}

async function send({ http, clock }: SlackDeps, message: Outgoing, timeoutMs: number): Promise<Outcome> {
  const text = `${MARK[message.severity]} *${escapeSlack(message.subject)}*\n${escapeSlack(message.text)}`.slice(
    0,
    MAX_TEXT,
  );
  const body = JSON.stringify({ text });
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await http.send({ url: message.address, method: 'POST', headers, body, timeoutMs });
    if (answer.status === 200) return { kind: 'delivered', code: 200 };
    const error = `Slack answered with status ${answer.status}: ${/^[a-z_]{1,40}$/.exec(answer.body.trim())?.[0] ?? 'no reason'}`;
    // The webhook was taken away by its owner (no_service, channel_is_archived): it will not come back.
    if (answer.status === 404 || answer.status === 410) return { kind: 'gone', error, code: answer.status };
    return statusFault(answer, clock.now(), error);
  } catch (error) {
    return transportFault(error, 'provider');
  }
}
