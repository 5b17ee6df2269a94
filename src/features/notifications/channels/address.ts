/** Forms of addresses. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { ChannelName } from './channel.ts';

/** What is wrong names the form, never the address: it may end in a log. */
export const malformed = (channel: ChannelName, expected: string): PlumblineError =>
  new PlumblineError('invalid', 'notifications.address_malformed', `the address for ${channel} must be ${expected}`, {
    faults: [{ pointer: '/address', message: `must be ${expected}` }],
  });

/** E.164 (https://www.itu.int/rec/T-REC-E.164): + and 8 to 15 digits, the first of them not 0. */
export function phone(channel: 'sms' | 'zalo', text: string): string {
  if (!/^\+[1-9]\d{7,14}$/.test(text)) throw malformed(channel, 'a phone number in E.164 form, such as +84901234567');
  return text;
}

const MAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

/** One address and no list; the part behind the @ in lower case. */
export function mail(text: string): string {
  if (text.length > 254 || !MAIL.test(text)) throw malformed('email', 'one e-mail address, such as ops@example.com');
  const at = text.lastIndexOf('@');
  return text.slice(0, at) + text.slice(at).toLowerCase();
}

/** A chat's number, or a channel's name. */
export function telegramChat(text: string): string {
  if (!/^(-?[1-9]\d{0,15}|@[A-Za-z]\w{4,31})$/.test(text)) {
    throw malformed('telegram', 'the number of a chat, such as -1001234567890, or @channelname');
  }
  return text;
}

/** https, a host, no user part, no fragment. */
export function webAddress(channel: 'webhook' | 'slack', text: string, mayBeHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const right =
    url !== undefined &&
    text.length <= 2_000 &&
    (url.protocol === 'https:' || (mayBeHttp && url.protocol === 'http:')) &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '';
  if (!right) throw malformed(channel, 'an https:// address without user, password or fragment');
  return url;
}
