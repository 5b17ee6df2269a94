/** The channels that are configured, and what each is made of. */
import { join } from 'node:path';
import type { Channel, ChannelName } from '../features/notifications/channels/channel.ts';
import { slackChannel } from '../features/notifications/channels/slack.ts';
import { parseSmsProviders, smsChannel } from '../features/notifications/channels/sms.ts';
import { smtpChannel } from '../features/notifications/channels/smtp.ts';
import { telegramChannel } from '../features/notifications/channels/telegram.ts';
import { webhookChannel } from '../features/notifications/channels/webhook.ts';
import { zaloChannel } from '../features/notifications/channels/zalo.ts';
import { type TokenStore, ZaloTokens } from '../features/notifications/channels/zalo-tokens.ts';
import { readProviderState, writeProviderState } from '../features/notifications/preferences/store.ts';
import { openVault, type Vault } from '../features/notifications/privacy/vault.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import { openStateFolder } from '../platform/files/folder.ts';
import { AddressGuard } from '../platform/http-client/address-guard.ts';
import type { HttpClient } from '../platform/http-client/port.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';

export interface ChannelDeps {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
}

export interface OpenedChannels {
  readonly vault: Vault | undefined;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  close(): Promise<void>;
}

/** @throws `notifications.secret_malformed`, `notifications.sms_malformed`, `http.network_malformed` (invalid) */
export async function openChannels({ config, db, clock, random, http }: ChannelDeps): Promise<OpenedChannels> {
  const { values } = config;
  const files =
    values.DATABASE_URL === undefined
      ? openStateFolder({ folder: join(values.PLUMBLINE_DATA, 'notifications'), clock })
      : undefined;
  const vault = await openVault({ given: values.NOTIFY_SECRET, files, random });
  const networks = (values.NOTIFY_WEBHOOK_NETWORKS ?? '').split(/\s+/).filter((each) => each !== '');
  const guard = new AddressGuard(networks);
  const guarded = createHttpClient({ clock, guard });
  const smtp = [values.NOTIFY_SMTP_URL, values.NOTIFY_SMTP_URL_2].filter((server) => server !== undefined);
  const all: readonly (Channel | undefined)[] = [
    smtp.length === 0 ? undefined : smtpChannel({ servers: smtp, from: values.NOTIFY_MAIL_FROM }),
    vault &&
      webhookChannel({
        clock,
        http: guarded,
        vault,
        mayBeHttp: networks.length > 0,
        assertHost: (url) => guard.assertLiteral(url),
      }),
    slackChannel({ clock, http, origins: [new URL(values.NOTIFY_SLACK_ORIGIN).origin] }),
    values.NOTIFY_TELEGRAM_TOKEN === undefined
      ? undefined
      : telegramChannel({ http, url: values.NOTIFY_TELEGRAM_URL, token: values.NOTIFY_TELEGRAM_TOKEN }),
    vault && zaloOf(config, { http, clock, store: tokenStore(db, clock, vault) }),
    values.NOTIFY_SMS_PROVIDERS === undefined
      ? undefined
      : smsChannel({ http, clock }, parseSmsProviders(values.NOTIFY_SMS_PROVIDERS)),
  ];
  const channels = new Map(all.filter((channel) => channel !== undefined).map((channel) => [channel.name, channel]));
  return { vault, channels, close: () => guarded.close() };
}

function zaloOf({ values }: Config, deps: { http: HttpClient; clock: Clock; store: TokenStore }): Channel | undefined {
  const {
    NOTIFY_ZALO_APP_ID: appId,
    NOTIFY_ZALO_APP_SECRET: appSecret,
    NOTIFY_ZALO_REFRESH_TOKEN: refreshToken,
  } = values;
  const { NOTIFY_ZALO_TEMPLATE_ID: templateId } = values;
  if (appId === undefined || appSecret === undefined || refreshToken === undefined || templateId === undefined)
    return undefined;
  const tokens = new ZaloTokens({ ...deps, url: values.NOTIFY_ZALO_OAUTH_URL, appId, appSecret, refreshToken });
  return zaloChannel({ http: deps.http, url: values.NOTIFY_ZALO_URL, tokens, templateId });
}

/** What a provider gave us, kept sealed in the database for all processes. */
export const tokenStore = (db: Db, clock: Clock, vault: Vault): TokenStore => ({
  read: async (name) => {
    const row = await readProviderState(db.sql, name);
    return row && { text: vault.open(`state of ${name}`, row.sealed), expiresAt: row.expires_at };
  },
  write: (name, text, expiresAt) =>
    writeProviderState(db.sql, name, vault.seal(`state of ${name}`, text), expiresAt, new Date(clock.now())),
  exclusive: (name, work) => db.exclusive(`notifications/${name}`, work),
});
