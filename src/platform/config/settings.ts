/** Every environment variable that Plumbline reads. `docs/reference/settings.md` is generated from this. */
import {
  aesKeys,
  cron,
  cronOrOff,
  decimal,
  integer,
  networks,
  oneOf,
  roleMap,
  text,
  url,
  urls,
  webhookSecrets,
  zone,
} from './kinds.ts';

const HTTP = ['https:', 'http:'] as const;
const milliseconds = (min: number, max: number) => ({ min, max, unit: 'milliseconds' });

export const SETTINGS = {
  DATABASE_URL: url(['postgres:', 'postgresql:'], {
    about: "Plumbline's own database, PostgreSQL 15 or newer. Absent: an embedded database in PLUMBLINE_DATA.",
    example: 'postgres://plumbline:secret@db.internal:5432/plumbline',
    secret: true,
  }),
  PLATFORM_DATABASE_URL: url(['postgres:', 'postgresql:'], {
    about:
      "The database that the book's queries read: the platform's own, by a role that may only read; PostgreSQL 15 or newer. Absent: the same as DATABASE_URL.",
    example: 'postgres://plumbline_reader:secret@db.internal:5432/gateway',
    secret: true,
  }),
  DATABASE_POOL_SIZE: integer(
    { min: 2, max: 200, unit: 'connections' },
    {
      about: 'Connections to DATABASE_URL for statements; locks and the job queue hold a few more.',
      example: '10',
      fallback: '10',
    },
  ),
  REDIS_URL: url(['redis:', 'rediss:'], {
    about: 'Redis 7 or Valkey, shared by all processes for the rate cache. Absent: memory of this process.',
    example: 'redis://cache.internal:6379/0',
    secret: true,
  }),
  PLUMBLINE_DATA: text({
    about: 'Folder of the embedded database, of stored objects and of the local key. One process at a time.',
    example: '/var/lib/plumbline',
    fallback: './data',
  }),

  PLUMBLINE_HOST: text({
    about: 'Address the HTTP service listens on.',
    example: '0.0.0.0',
    fallback: '127.0.0.1',
  }),
  PLUMBLINE_PORT: integer(
    { min: 0, max: 65_535, unit: 'port' },
    { about: 'Port of the HTTP service; 0 takes any free one.', example: '8080', fallback: '8080' },
  ),
  PLUMBLINE_RATE_LIMIT: integer(
    { min: 1, max: 1_000_000, unit: 'requests' },
    {
      about:
        'Requests that one address may make of one process in a minute. Behind a proxy all callers have its address.',
      example: '600',
      fallback: '6000',
    },
  ),
  PLUMBLINE_TRUSTED_PROXIES: networks({
    about:
      'Proxies whose X-Forwarded-For is believed, as addresses or networks: with them, limits and address lists of keys see the caller. Absent: nobody is believed.',
    example: '10.0.0.0/8',
  }),
  PLUMBLINE_PUBLIC_URL: url(HTTP, {
    about:
      'Where browsers reach the service. The identity provider sends them back to /v1/session/callback under it. Absent: nobody logs in with a browser.',
    example: 'https://plumbline.example.com',
  }),
  OIDC_ISSUER: url(HTTP, {
    about:
      'Identity provider of people (OpenID Connect), as it calls itself. Absent: everybody has an API key, and no second person is asked unless REQUIRE_APPROVALS says so.',
    example: 'https://login.example.com/realms/staff',
  }),
  OIDC_CLIENT_ID: text({ about: 'What the identity provider calls this service.', example: 'plumbline' }),
  OIDC_CLIENT_SECRET: text({
    about: 'Secret of OIDC_CLIENT_ID. Absent: a public client, which PKCE protects.',
    example: '...',
    secret: true,
  }),
  OIDC_SCOPE: text({
    about: 'What is asked for at a login.',
    example: 'openid profile email groups',
    fallback: 'openid profile email',
  }),
  OIDC_AUDIENCE: text({
    about:
      'Audience of access tokens (JWT) that the API takes as bearer tokens; another one than OIDC_CLIENT_ID, for which ID tokens are made. Absent: none are taken.',
    example: 'https://plumbline.example.com',
  }),
  OIDC_SUBJECT_CLAIM: text({
    about:
      'Claim that names a person, for good; owners of keys are named in the same way. `email` counts only where `email_verified` is true.',
    example: 'email',
    fallback: 'sub',
  }),
  OIDC_ROLE_CLAIM: text({
    about: 'Claim that holds the roles of a person; dots lead into objects.',
    example: 'realm_access.roles',
    fallback: 'roles',
  }),
  OIDC_ROLE_MAP: roleMap({
    about:
      'What the identity provider calls the roles viewer, auditor, operator and admin. Absent: the same. With several, the highest counts.',
    example: 'plumbline-operators=operator plumbline-admins=admin',
  }),
  OIDC_SESSION_IDLE_MS: integer(milliseconds(60_000, 86_400_000), {
    about: 'Time without a request after which a session in a browser is over.',
    example: '900000',
    fallback: '1800000',
  }),
  OIDC_SESSION_MS: integer(milliseconds(60_000, 604_800_000), {
    about: 'Time after which a session is over whatever was done in it.',
    example: '28800000',
    fallback: '43200000',
  }),
  OIDC_STEP_UP_MS: integer(milliseconds(10_000, 86_400_000), {
    about: 'How lately a person must have shown who they are to do what is dangerous; later they log in again.',
    example: '300000',
    fallback: '900000',
  }),
  REQUIRE_APPROVALS: oneOf(['on', 'off'], {
    about:
      'Whether what is dangerous waits for a second person (docs/operations/approvals.md). Absent: on with OIDC_ISSUER, else off.',
    example: 'on',
  }),
  APPROVALS_EXPIRE_MS: integer(milliseconds(60_000, 86_400_000), {
    about: 'Time that a second person has to decide.',
    example: '3600000',
    fallback: '1800000',
  }),
  PLUMBLINE_URL: url(HTTP, {
    about: 'CLI only: the running service that commands speak to. Absent: the commands do the work themselves.',
    example: 'http://127.0.0.1:8080',
  }),
  PLUMBLINE_API_KEY: text({
    about: 'CLI only: the API key for PLUMBLINE_URL.',
    example: 'pl_...',
    secret: true,
  }),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error', 'fatal'], {
    about: 'The least severe log line that is written.',
    example: 'warn',
    fallback: 'info',
  }),

  RECONCILIATION_BOOK: text({
    about: 'File of the book: the asset and liability lines that are reconciled. Absent: the reference book.',
    example: '/etc/plumbline/book.yaml',
  }),
  RECONCILIATION_TOLERANCE: decimal({
    about: "Difference in the book's currency that still counts as balanced. Absent: the book's own tolerance.",
    example: '1000',
  }),
  RECONCILIATION_SCHEDULE: cron({
    about:
      "When a worker looks for business dates that have ended and have no final report, in the book's zone. Each slot also catches up what was missed or failed.",
    example: '5 0 * * *',
    fallback: '5 * * * *',
  }),
  RECONCILIATION_INTRADAY_SCHEDULE: cronOrOff({
    about:
      "When a worker looks at the state of now, beside the daily reports, in the book's zone. `off`: never; an empty value is the default.",
    example: '*/15 8-20 * * *',
    fallback: '*/5 * * * *',
  }),
  RECONCILIATION_MISSING_MS: integer(milliseconds(60_000, 604_800_000), {
    about: 'Time after the end of a business date within which its final report is due; later it is an incident.',
    example: '90000000',
    fallback: '90000000',
  }),
  RECONCILIATION_INTRADAY_MISSING_MS: integer(milliseconds(60_000, 604_800_000), {
    about: 'Time without an intraday run after which that is an incident; more than the longest pause of its schedule.',
    example: '50400000',
    fallback: '900000',
  }),
  RECONCILIATION_QUERY_TIMEOUT_MS: integer(milliseconds(100, 3_600_000), {
    about: 'Time that one line of the book has to answer. The embedded database cannot interrupt a query.',
    example: '120000',
    fallback: '60000',
  }),
  RECONCILIATION_SIGNING_KEY: text({
    about:
      'Key that signs the evidence of reports and the proofs of liabilities: Ed25519, PEM (PKCS#8). Absent: with the embedded database one is made in PLUMBLINE_DATA; with DATABASE_URL nothing is signed, and no proofs are made.',
    example: '-----BEGIN PRIVATE KEY-----...',
    secret: true,
  }),

  PAYOUTS_BEFORE_FIRST_REPORT: oneOf(['permitted', 'halted'], {
    about:
      'Whether payouts may be made while no report of the book has come to a verdict. It decides once, when the service of a book starts for the first time.',
    example: 'halted',
    fallback: 'permitted',
  }),
  PAYOUTS_OVERRIDE_MAX_HOURS: integer(
    { min: 1, max: 168, unit: 'hours' },
    {
      about: 'How long an override that two people made may let payouts pass in spite of a deficit.',
      example: '8',
      fallback: '24',
    },
  ),
  PAYOUTS_WEBHOOK_URL: url(HTTP, {
    about:
      'Where each decision about payouts is sent, as a Standard Webhook signed with PAYOUTS_WEBHOOK_SECRET. Absent: nothing is sent.',
    example: 'https://gateway.internal/hooks/payouts',
  }),
  PAYOUTS_WEBHOOK_SECRET: webhookSecrets({
    about: 'Signs PAYOUTS_WEBHOOK_URL; two with a space between them while it is changed: both sign.',
    example: 'whsec_...',
    secret: true,
  }),

  RECONCILIATION_PROOF_SECRET: text({
    about:
      "Secret from which the salts of merchants' leaves come, 64 hexadecimal digits; it is kept, for without it older proofs are not made again. Absent: as with RECONCILIATION_SIGNING_KEY.",
    example: '0123abcd...',
    secret: true,
  }),

  AUDIT_ORIGIN: text({
    about:
      'Name of the audit log, in every checkpoint for good: the address under which it is served, without https://. No spaces, no "+".',
    example: 'plumbline.example.com/log',
    fallback: 'localhost/log',
  }),
  AUDIT_ZONE: zone({
    about: "Zone of the audit log's days, for good.",
    example: 'Asia/Ho_Chi_Minh',
    fallback: 'Asia/Ho_Chi_Minh',
  }),
  AUDIT_TILES: oneOf(['public', 'key'], {
    about:
      "Who reads the audit log's checkpoint and tiles under /log: anybody, or callers whose key has the scope audit:read. They hold streams, record ids, actors and hashes, and nothing of what was recorded.",
    example: 'key',
    fallback: 'public',
  }),
  AUDIT_ADD_STREAM: text({
    about:
      'Stream to which POST /log/add appends the hash of any bytes, for tools that add to a log in that way; it is created before. Absent: there is no such route.',
    example: 'added',
  }),

  AUDIT_SIGNER_FOLDER: text({
    about:
      "Folder of the audit log's signer, its key and what it has signed last: apart from the database, on one machine alone. Absent: `signer` in PLUMBLINE_DATA with the embedded database; with DATABASE_URL the process does not sign.",
    example: '/var/lib/plumbline-signer',
  }),
  AUDIT_SIGNING_KEY: text({
    about: 'Key that signs the audit log, as text. Absent: one is made in the folder of the signer.',
    example: 'PRIVATE+KEY+plumbline.example.com/log+...',
    secret: true,
  }),
  AUDIT_SECOND_SIGNATURE: oneOf(['none', 'ml-dsa-44'], {
    about:
      'A second signature on every checkpoint, beside the Ed25519 one: `ml-dsa-44` holds against quantum computers as well (FIPS 204), needs Node 24 or newer, and makes a checkpoint 3.3 kB longer. Its key is made in the folder of the signer; with AUDIT_SIGNING_KEY it is a second line there. Once in force it signs until a rotation after `none`.',
    example: 'ml-dsa-44',
    fallback: 'none',
  }),
  AUDIT_WITNESS_POLICY: text({
    about:
      'File that names the witnesses of the audit log, with their keys, addresses and quorum (c2sp.org/tlog-policy). Absent: checkpoints are not cosigned.',
    example: '/etc/plumbline/witnesses.policy',
  }),
  AUDIT_QUORUM_MISSED: oneOf(['hold', 'publish'], {
    about:
      'What becomes of a checkpoint that too few witnesses have cosigned: `hold` leaves the one before in force until they have, `publish` gives it out without them. Leaves are appended either way.',
    example: 'publish',
    fallback: 'hold',
  }),
  AUDIT_WITNESS_TIMEOUT_MS: integer(milliseconds(100, 60_000), {
    about: 'Time that the witnesses have to cosign one checkpoint, all together.',
    example: '2000',
    fallback: '5000',
  }),
  AUDIT_COPY_FOLDER: text({
    about:
      "Folder that gets a copy of the audit log's full tiles and of each day's checkpoint, with what anchors it: best on a volume that nobody can rewrite. Absent: there is no copy, and nothing is anchored.",
    example: '/mnt/worm/plumbline-audit',
  }),
  AUDIT_TSA_URL: url(HTTP, {
    about:
      "Time stamp authority (RFC 3161) that stamps each day's checkpoint. Needs AUDIT_COPY_FOLDER. Absent: no stamps.",
    example: 'https://freetsa.org/tsr',
  }),
  AUDIT_TSA_CA: text({
    about:
      'File of the certificates (PEM) that the certificate of AUDIT_TSA_URL must lead to. Absent: a stamp by any authority is taken.',
    example: '/etc/plumbline/tsa-ca.pem',
  }),
  AUDIT_OTS_CALENDARS: urls(HTTP, {
    about:
      "OpenTimestamps calendars that commit each day's checkpoint to the Bitcoin chain: of several, two must answer. They see a blinded hash. Needs AUDIT_COPY_FOLDER. Absent: none.",
    example: 'https://a.pool.opentimestamps.org https://b.pool.opentimestamps.org',
  }),

  S3_BUCKET: text({
    about:
      'Bucket of archived objects, in AWS S3 or a server that speaks as it does. Absent: a folder that behaves as S3 Glacier does, its waits included.',
    example: 'platform-archive',
  }),
  S3_REGION: text({ about: 'Region of S3_BUCKET.', example: 'ap-southeast-1', fallback: 'us-east-1' }),
  S3_ENDPOINT: url(HTTP, {
    about: 'Address of a server other than AWS; the bucket then stands in the path. Absent: AWS, by S3_REGION.',
    example: 'https://s3.internal:9000',
  }),
  S3_ACCESS_KEY_ID: text({
    about:
      'Key for S3_BUCKET, with S3_SECRET_ACCESS_KEY. Absent: what the AWS SDK finds (environment, profile, container, instance).',
    example: 'AKIA...',
    secret: true,
  }),
  S3_SECRET_ACCESS_KEY: text({ about: 'Secret of S3_ACCESS_KEY_ID.', example: '...', secret: true }),
  S3_SSE: oneOf(['AES256', 'aws:kms'], {
    about: "Encryption that S3 is asked for. Absent: the bucket's own default.",
    example: 'aws:kms',
  }),
  S3_KMS_KEY_ID: text({
    about: 'Key of S3_SSE `aws:kms`. Absent: the key that AWS keeps for S3.',
    example: 'arn:aws:kms:ap-southeast-1:111122223333:key/...',
  }),
  S3_OBJECT_LOCK: oneOf(['GOVERNANCE', 'COMPLIANCE'], {
    about:
      'Mode in which every object of S3_BUCKET is retained, for S3_OBJECT_LOCK_DAYS. In COMPLIANCE nobody can take it back. Absent: none but what a policy asks for.',
    example: 'COMPLIANCE',
  }),
  S3_OBJECT_LOCK_DAYS: integer(
    { min: 1, max: 36_500, unit: 'days' },
    { about: 'How long S3_OBJECT_LOCK retains an object, from the day it is stored.', example: '1825' },
  ),
  ARCHIVE_FOLDER: text({
    about: 'Folder of archived objects where S3_BUCKET is absent. Absent: `cold` in PLUMBLINE_DATA.',
    example: '/mnt/archive',
  }),
  ARCHIVE_FOLDER_SPEED: integer(
    { min: 1, max: 1_000_000, unit: 'times' },
    {
      about:
        'How many times shorter the waits for a restore are in the folder than in S3 Glacier, where they take up to 48 hours.',
      example: '3600',
      fallback: '1',
    },
  ),
  ARCHIVE_KEY: aesKeys({
    about:
      'Key that encrypts archived objects before they leave this program (AES-256-GCM). Several with spaces between them: the first encrypts, all decrypt. What is encrypted cannot be read without it. Absent: objects are stored as they are.',
    example: '0123abcd...',
    secret: true,
  }),

  ARCHIVE_SCHEDULE: cronOrOff({
    about:
      'When a worker archives the tables whose policy is enabled and in its window, in UTC. `off`: only people start runs; an empty value is the default.',
    example: '0 18 * * *',
    fallback: '40 * * * *',
  }),
  ARCHIVE_SPOOL: text({
    about:
      'Folder in which objects are made before they are stored; it needs room for one at a time. Absent: `archive-spool` in PLUMBLINE_DATA.',
    example: '/var/tmp/plumbline-spool',
  }),
  ARCHIVE_PRICES: text({
    about: 'File of the prices that `archive plan` reckons with. Absent: the reference prices, books/cold-prices.json.',
    example: '/etc/plumbline/cold-prices.json',
  }),

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

  RATES_GRAPH: text({
    about: 'File of the graph of rates: sources, quotas, pairs and routes. Absent: the reference graph.',
    example: '/etc/plumbline/rates.yaml',
  }),
  COINGECKO_API_URL: url(HTTP, {
    about: 'CoinGecko, the primary source of USDT/VND.',
    example: 'https://pro-api.coingecko.com/api/v3',
    fallback: 'https://api.coingecko.com/api/v3',
  }),
  COINGECKO_API_KEY: text({ about: 'CoinGecko key (demo or pro, by host).', example: 'CG-...', secret: true }),
  COINGECKO_MONTHLY_CALLS: integer(
    { min: 1, max: 1_000_000_000, unit: 'calls' },
    {
      about:
        "Calls a month that the CoinGecko plan includes; all processes together keep to it. Absent: the graph's own, 10,000 for the demo plan.",
      example: '500000',
    },
  ),
  BINANCE_API_URL: url(HTTP, {
    about: 'Binance spot market data, the secondary source: USDT/USD by two stable pairs, crossed with USD/VND.',
    example: 'https://api.binance.com',
    fallback: 'https://data-api.binance.vision',
  }),
  CRYPTOCOMPARE_API_URL: url(HTTP, {
    about: 'CryptoCompare, the tertiary source of USDT/VND. Used only with CRYPTOCOMPARE_API_KEY.',
    example: 'https://min-api.cryptocompare.com',
    fallback: 'https://min-api.cryptocompare.com',
  }),
  CRYPTOCOMPARE_API_KEY: text({
    about: 'CryptoCompare key; its free tier ended on 2026-05-21, so without a key the source is off.',
    example: '0123abcd...',
    secret: true,
  }),
  VIETCOMBANK_API_URL: url(HTTP, {
    about: "Vietcombank's website, first source of USD/VND.",
    example: 'https://www.vietcombank.com.vn',
    fallback: 'https://www.vietcombank.com.vn',
  }),
  OPEN_ER_API_URL: url(HTTP, {
    about: 'open.er-api.com, second source of USD/VND.',
    example: 'https://open.er-api.com',
    fallback: 'https://open.er-api.com',
  }),
  FRANKFURTER_API_URL: url(HTTP, {
    about: 'Frankfurter v2, third source of USD/VND.',
    example: 'https://api.frankfurter.dev',
    fallback: 'https://api.frankfurter.dev',
  }),
  BINANCE_P2P_API_URL: url(HTTP, {
    about: 'Binance P2P, the street price of USDT/VND: shown beside the rate where the graph enables it.',
    example: 'https://p2p.binance.com',
    fallback: 'https://p2p.binance.com',
  }),
  RATES_FRESH_MS: integer(milliseconds(1_000, 86_400_000), {
    about: 'Age up to which a rate is `fresh`.',
    example: '300000',
    fallback: '300000',
  }),
  RATES_AGING_MS: integer(milliseconds(1_000, 86_400_000), {
    about: 'Age up to which a rate is `aging`; past it, it is `stale`.',
    example: '1800000',
    fallback: '1800000',
  }),
  RATES_MAX_AGE_QUOTE_MS: integer(milliseconds(1_000, 2_592_000_000), {
    about: 'Age past which a rate is refused for purpose `quote`.',
    example: '1800000',
    fallback: '86400000',
  }),
  RATES_MAX_AGE_RECONCILE_MS: integer(milliseconds(1_000, 2_592_000_000), {
    about: 'Age past which a rate is refused for purpose `reconcile`.',
    example: '86400000',
    fallback: '86400000',
  }),
  RATES_DEADLINE_MS: integer(milliseconds(100, 60_000), {
    about: 'Time that a caller waits for a rate when none is in memory, all providers and retries included.',
    example: '2500',
    fallback: '2500',
  }),
  RATES_HALF_SPREAD_BPS: integer(
    { min: 0, max: 1_000, unit: 'basis points' },
    {
      about: "Least half of the distance between bid and ask, for every pair. Absent: the graph's own, pair by pair.",
      example: '15',
    },
  ),
  BREAKER_FAILURES: integer(
    { min: 1, max: 1_000, unit: 'failures' },
    { about: "Consecutive failures that open a provider's circuit breaker.", example: '5', fallback: '5' },
  ),
  BREAKER_OPEN_MS: integer(milliseconds(100, 3_600_000), {
    about: 'Time that an open breaker stays open before one probe.',
    example: '60000',
    fallback: '60000',
  }),
} as const;
