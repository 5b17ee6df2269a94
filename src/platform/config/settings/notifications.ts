/** How people are reached, and who is told of what. */
import { HTTP, text, url } from '../kinds.ts';

export const NOTIFICATIONS = {
  NOTIFY_SECRET: text({
    about:
      'Secret from which the secrets of webhooks come and under which addresses are kept, 64 hexadecimal digits, the same for all processes and kept for good. Absent: with the embedded database one is made in PLUMBLINE_DATA; with DATABASE_URL nobody is told outside of the log.',
    example: '0123abcd...',
    secret: true,
  }),
  NOTIFY_SMTP_URL: url(['smtp:', 'smtps:'], {
    about: 'Mail server that notifications leave by. Absent: no mail is sent.',
    example: 'smtps://plumbline:secret@mail.example.com:465',
    secret: true,
  }),
  NOTIFY_SMTP_URL_2: url(['smtp:', 'smtps:'], {
    about: 'Mail server that is asked where the first one fails.',
    example: 'smtp://relay.internal:587',
    secret: true,
  }),
  NOTIFY_MAIL_FROM: text({
    about: 'Sender of mails; its domain is that of their Message-ID.',
    example: 'Plumbline <alerts@example.com>',
    fallback: 'Plumbline <plumbline@localhost>',
  }),
  NOTIFY_TELEGRAM_TOKEN: text({
    about: 'Token of the Telegram bot that notifications are sent by. Absent: none are sent over Telegram.',
    example: '123456:ABC-DEF...',
    secret: true,
  }),
  NOTIFY_TELEGRAM_URL: url(HTTP, {
    about: "Telegram's Bot API, or a server of one's own that speaks it.",
    example: 'https://api.telegram.org',
    fallback: 'https://api.telegram.org',
  }),
  NOTIFY_SLACK_ORIGIN: url(HTTP, {
    about: 'Where incoming webhooks of Slack lead; others are not taken for one.',
    example: 'https://hooks.slack.com',
    fallback: 'https://hooks.slack.com',
  }),
  NOTIFY_ZALO_APP_ID: text({
    about: 'App of the Zalo official account. Set together with the other NOTIFY_ZALO settings, or not at all.',
    example: '1234567890',
  }),
  NOTIFY_ZALO_APP_SECRET: text({ about: 'Secret key of the Zalo app.', example: 'abcd...', secret: true }),
  NOTIFY_ZALO_REFRESH_TOKEN: text({
    about: 'First refresh token of the Zalo official account; those that follow are kept in the database, sealed.',
    example: 'abcd...',
    secret: true,
  }),
  NOTIFY_ZALO_TEMPLATE_ID: text({
    about: 'Approved ZNS template with the parameters title, message and code, for what has none of its own.',
    example: '205325',
  }),
  NOTIFY_ZALO_URL: url(HTTP, {
    about: 'Zalo Notification Service.',
    example: 'https://business.openapi.zalo.me',
    fallback: 'https://business.openapi.zalo.me',
  }),
  NOTIFY_ZALO_OAUTH_URL: url(HTTP, {
    about: 'Where Zalo gives tokens.',
    example: 'https://oauth.zaloapp.com',
    fallback: 'https://oauth.zaloapp.com',
  }),
  NOTIFY_SMS_PROVIDERS: text({
    about:
      'Providers of text messages in the order in which they are asked, as JSON (docs/operations/notifications.md). Absent: no text messages are sent.',
    example:
      '[{"name":"gateway","url":"https://sms.internal/send","form":"json","body":"{\\"to\\":\\"{to}\\",\\"text\\":\\"{text}\\"}"}]',
    secret: true,
  }),
  NOTIFY_WEBHOOK_NETWORKS: text({
    about:
      'Networks that webhooks may be sent into although they are not public, with spaces between them; then plain http:// is taken, too. Absent: none.',
    example: '10.20.0.0/16',
  }),
  NOTIFY_LAST_RESORT: text({
    about:
      'Who is told directly when the database does not answer: addresses of mail, and telegram:CHAT, with spaces between them. Absent: the log alone.',
    example: 'cto@example.com telegram:-1001234567890',
  }),
  NOTIFY_HEARTBEAT_URL: url(HTTP, {
    about:
      'Address of a monitor outside that gets a POST every minute while all is well, and alarms when it stays away. Absent: none.',
    example: 'https://hc-ping.com/0193a1b2-...',
    secret: true,
  }),
  INCIDENTS_CATALOGUE: text({
    about: 'File that says who is told of what, when again, and who next. Absent: the reference catalogue.',
    example: '/etc/plumbline/incidents.yaml',
  }),
} as const;
