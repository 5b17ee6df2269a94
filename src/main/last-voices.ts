/** Who is told directly when nothing can be written: by mail, or in a chat. */
import type { Voice } from '../features/incidents/last-resort.ts';
import type { Channel, ChannelName, Outgoing } from '../features/notifications/channels/channel.ts';
import { messageOf, PlumblineError } from '../kernel/errors.ts';
import { sha256Hex } from '../kernel/hash.ts';
import type { Logger } from '../platform/telemetry/port.ts';

interface VoiceDeps {
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly log: Logger;
}

const TIMEOUT_MS = 15_000;

/** @throws `notifications.last_resort` (invalid): one of them needs a channel that is not configured */
export function lastVoices(setting: string | undefined, deps: VoiceDeps): readonly Voice[] {
  const given = (setting ?? '').split(/\s+/).filter((each) => each !== '');
  return given.map((text, at) => {
    const [, chat] = /^telegram:(\S+)$/.exec(text) ?? [];
    const channel = deps.channels.get(chat === undefined ? 'email' : 'telegram');
    if (channel === undefined) throw notConfigured(chat === undefined ? 'NOTIFY_SMTP_URL' : 'NOTIFY_TELEGRAM_TOKEN');
    return voice(deps, channel, chat ?? text, `${channel.name} ${at + 1}`);
  });
}

function voice({ log }: VoiceDeps, channel: Channel, text: string, name: string): Voice {
  return {
    name,
    say: async (subject, message) => {
      try {
        const address = await channel.address(text);
        for (const provider of channel.providers) {
          const outcome = await provider.send(outgoing(address, subject, message), TIMEOUT_MS);
          if (outcome.kind === 'accepted' || outcome.kind === 'delivered') return true;
          log.error(
            { code: 'incidents.last_resort_failed', voice: name, provider: provider.name, error: outcome.error },
            'the last resort did not get through',
          );
        }
      } catch (error) {
        log.error(
          { code: 'incidents.last_resort_failed', voice: name, error: messageOf(error) },
          'the last resort did not get through',
        );
      }
      return false;
    },
  };
}

const outgoing = (address: string, subject: string, text: string): Outgoing => ({
  ...{
    messageId: `last-resort-${sha256Hex(`${subject}\n${text}`).slice(0, 24)}`,
    event: 'incidents.last_resort',
    severity: 'critical',
  },
  ...{ address, subject, text, html: undefined, body: '', signing: undefined, incidentId: undefined },
});

const notConfigured = (setting: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'notifications.last_resort',
    `NOTIFY_LAST_RESORT names somebody who is reached by ${setting}, which is not set`,
    {
      faults: [{ pointer: 'NOTIFY_LAST_RESORT', message: `needs ${setting}` }],
    },
  );
