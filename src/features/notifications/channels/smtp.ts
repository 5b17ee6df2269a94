/** Mail by SMTP (RFC 5321), by nodemailer. Each server is a provider: where the first fails, the second is asked. */
import { createTransport } from 'nodemailer';
import { messageOf } from '../../../kernel/errors.ts';
import { redact } from '../privacy/mask.ts';
import { mail } from './address.ts';
import type { Channel, Outcome, Outgoing, Provider } from './channel.ts';

export interface SmtpOptions {
  /** `smtps://user:password@mail.example.com:465`, or `smtp://...`, which goes over to TLS where the server can. */
  readonly servers: readonly string[];
  /** `Plumbline <alerts@example.com>`. */
  readonly from: string;
}

/** Behind the id in Message-ID, unless the sender's own domain is known. */
const FALLBACK_DOMAIN = 'plumbline.invalid';

export const smtpChannel = ({ servers, from }: SmtpOptions): Channel => ({
  name: 'email',
  providers: servers.map((server, at) => provider(server, from, at === 0 ? 'smtp' : `smtp-${at + 1}`)),
  address: mail,
});

function provider(server: string, from: string, name: string): Provider {
  const secrets = secretsOf(server);
  return {
    name,
    send: async (message, timeoutMs) => {
      // One connection a message: a pool would hold what a broken server has left half done.
      const transport = createTransport({
        url: server,
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        dnsTimeout: timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        const { messageId, response } = await transport.sendMail(mailOf(message, from));
        return { kind: 'accepted', messageId, code: Number.parseInt(response, 10) || undefined };
      } catch (error) {
        return faultOf(error, [...secrets, message.address]);
      } finally {
        transport.close();
      }
    },
  };
}

function mailOf(message: Outgoing, from: string) {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? FALLBACK_DOMAIN;
  return {
    from,
    to: { name: '', address: message.address },
    subject: message.subject,
    text: message.text,
    ...(message.html === undefined ? {} : { html: message.html }),
    // The same at every try: whoever gets two sees that they are one.
    messageId: `<${message.messageId}@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Plumbline-Event': message.event },
    ...(message.severity === 'critical' ? { priority: 'high' as const } : {}),
  };
}

/** What nodemailer throws: `code` says at which step, `responseCode` what the server said. */
function faultOf(error: unknown, secrets: readonly string[]): Outcome {
  const fields = typeof error === 'object' && error !== null ? error : {};
  const step = 'command' in fields && typeof fields.command === 'string' ? fields.command : 'CONN';
  const code = 'responseCode' in fields && typeof fields.responseCode === 'number' ? fields.responseCode : undefined;
  const text = `${step}: ${redact(messageOf(error), secrets)}`;
  if (code === undefined) return { kind: 'failed', blame: 'provider', error: text };
  if (code === 421 || code === 450 || code === 451 || code === 452) return { kind: 'throttled', error: text, code };
  const isRecipient = step === 'RCPT TO';
  if (code >= 500 && (isRecipient || step === 'DATA')) {
    // 5xx to the address or the message: asking again changes nothing (RFC 5321 4.2.1).
    return { kind: 'refused', error: text, code };
  }
  return { kind: 'failed', blame: 'provider', error: text, code };
}

function secretsOf(server: string): readonly string[] {
  const { password, username } = new URL(server);
  return [password, decodeURIComponent(password), username, decodeURIComponent(username)].filter((each) => each !== '');
}
