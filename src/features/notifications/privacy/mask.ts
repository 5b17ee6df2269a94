/** What a log may show of an address, and texts from elsewhere without the addresses and secrets in them. */
import { printable } from '../../../kernel/text.ts';
import type { ChannelName } from '../channels/channel.ts';

/** Enough to recognise one's own address, and too little to write to it. */
export function maskAddress(channel: ChannelName, address: string): string {
  switch (channel) {
    case 'email': {
      const at = address.lastIndexOf('@');
      return `${address.slice(0, 1)}***${address.slice(at)}`;
    }
    case 'sms':
    case 'zalo':
      return `${address.slice(0, 3)}*****${address.slice(-3)}`;
    case 'telegram':
      return `chat ***${address.slice(-3)}`;
    case 'webhook':
    case 'slack':
      // A path may be a secret of its own, as Slack's are.
      return `${new URL(address).origin}/***`;
  }
}

/** A phone number, an address of mail, a long token: what no stored error needs. */
const SENSITIVE = [
  /\+?\d[\d ().-]{7,}\d/g,
  /[^\s<>"'@]+@[^\s<>"'@]+\.[^\s<>"'@]+/g,
  /\bwhs[ekp]_?[A-Za-z0-9+/=_-]+/g,
  /\b(?:Bearer|Basic)\s+\S+/gi,
  /\bbot\d+:[\w-]+/g,
  /[A-Za-z0-9_+/=-]{32,}/g,
] as const;

/**
 * What somebody else said, fit to be stored: one line of at most 300 characters, without what could be
 * an address or a secret.
 * @param secrets texts that must not be in it, whatever their form
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = printable(text, 2_000).replaceAll('\n', ' ');
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, '[redacted]');
  for (const pattern of SENSITIVE) clean = clean.replaceAll(pattern, '[redacted]');
  return clean.slice(0, 300);
}
