-- Who is told of what, over which channels, and what came of each try.

-- Addresses stand apart from the log, sealed under a secret that is not in this database.
CREATE TABLE notification_recipients (
  hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32), -- HMAC of channel and address
  channel    text NOT NULL,
  masked     text NOT NULL,
  sealed     bytea, -- NULL: forgotten
  created_at timestamptz NOT NULL
);

-- Where somebody wants to hear of what. Several a channel are one row each.
CREATE TABLE notification_endpoints (
  id              uuid PRIMARY KEY,
  merchant_id     uuid,
  team            text COLLATE "C" CHECK (team ~ '^[a-z][a-z0-9-]{0,39}$'),
  channel         text NOT NULL CHECK (channel IN ('email', 'webhook', 'slack', 'telegram', 'zalo', 'sms')),
  recipient_hash  bytea NOT NULL REFERENCES notification_recipients,
  label           text NOT NULL,
  events          text[] NOT NULL CHECK (cardinality(events) > 0), -- names, or prefixes that end in .*
  min_severity    text NOT NULL CHECK (min_severity IN ('info', 'warning', 'critical')),
  locale          text NOT NULL CHECK (locale IN ('vi', 'en')),
  zone            text NOT NULL,
  quiet_from      smallint CHECK (quiet_from BETWEEN 0 AND 1439), -- minutes of the day, in the zone
  quiet_until     smallint CHECK (quiet_until BETWEEN 0 AND 1439),
  digest          text NOT NULL CHECK (digest IN ('off', 'hourly', 'daily')),
  digest_at       smallint NOT NULL CHECK (digest_at BETWEEN 0 AND 1439),
  status          text NOT NULL CHECK (status IN ('enabled', 'disabled')),
  disabled_reason text,
  -- Webhooks: the version of the derived secret, and until when the one before signs as well.
  secret_version  integer NOT NULL DEFAULT 1 CHECK (secret_version > 0),
  previous_until  timestamptz,
  -- Health.
  failures        integer NOT NULL DEFAULT 0 CHECK (failures >= 0), -- in a row
  failing_since   timestamptz,
  last_error      text,
  last_success_at timestamptz,
  created_by      text NOT NULL,
  created_at      timestamptz NOT NULL,
  deleted_at      timestamptz,

  CONSTRAINT notification_endpoints_owner CHECK ((merchant_id IS NULL) <> (team IS NULL)),
  CONSTRAINT notification_endpoints_quiet CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
  CONSTRAINT notification_endpoints_disabled CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL)),
  CONSTRAINT notification_endpoints_failing CHECK ((failures = 0) = (failing_since IS NULL))
);
CREATE INDEX notification_endpoints_merchant ON notification_endpoints (merchant_id) WHERE deleted_at IS NULL;
CREATE INDEX notification_endpoints_team ON notification_endpoints (team) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX notification_endpoints_once ON notification_endpoints
  (coalesce(merchant_id::text, team), channel, recipient_hash) WHERE deleted_at IS NULL;

ALTER TABLE notification_logs
  -- What the receiver knows it by, the same at every try. NULL: it is sent by somebody else, and only logged here.
  ADD COLUMN message_id     text,
  ADD COLUMN endpoint_id    uuid,
  ADD COLUMN team           text,
  ADD COLUMN recipient_hash bytea,
  ADD COLUMN incident_id    uuid,
  ADD COLUMN urgency        text NOT NULL DEFAULT 'message' CHECK (urgency IN ('page', 'message', 'webhook')),
  ADD COLUMN locale         text NOT NULL DEFAULT 'en',
  ADD COLUMN attempts       integer NOT NULL DEFAULT 0 CHECK (attempts >= 0), -- claims
  ADD COLUMN round_from     integer NOT NULL DEFAULT 0, -- `attempts` when the present round of tries began
  ADD COLUMN round_at       timestamptz,
  ADD COLUMN claimed_by     text,
  ADD COLUMN provider       text, -- who took it
  ADD COLUMN delivered_at   timestamptz,
  ADD COLUMN owner          text, -- of a dead letter
  ADD COLUMN suppressed     text, -- why it is not sent
  ADD COLUMN is_test        boolean NOT NULL DEFAULT false,
  ADD COLUMN digest_key     text; -- of the digest that it is part of

ALTER TABLE notification_logs
  ADD CONSTRAINT notification_logs_suppressed CHECK (status <> 'suppressed' OR suppressed IS NOT NULL),
  ADD CONSTRAINT notification_logs_due CHECK (message_id IS NULL OR (status IN ('pending', 'sending', 'retrying')) = (next_retry_at IS NOT NULL));

-- While one is being sent, `next_retry_at` is the end of its worker's lease: one index finds what is due and
-- what was left behind.
DROP INDEX notification_logs_due;
CREATE INDEX notification_logs_due ON notification_logs (next_retry_at)
  WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL AND urgency <> 'page';
CREATE INDEX notification_logs_pages ON notification_logs (next_retry_at)
  WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL AND urgency = 'page';
CREATE INDEX notification_logs_endpoint ON notification_logs (endpoint_id, created_at DESC) WHERE endpoint_id IS NOT NULL;
CREATE INDEX notification_logs_merchant ON notification_logs (merchant_id, created_at DESC) WHERE merchant_id IS NOT NULL;
CREATE INDEX notification_logs_incident ON notification_logs (incident_id, created_at) WHERE incident_id IS NOT NULL;
CREATE INDEX notification_logs_dead ON notification_logs (created_at DESC, id DESC) WHERE status = 'dead';
CREATE INDEX notification_logs_digest ON notification_logs (digest_key) WHERE digest_key IS NOT NULL;
CREATE INDEX notification_logs_provider ON notification_logs (provider_message_id) WHERE provider_message_id IS NOT NULL;

-- What was said, to whom and under which key stays; the state goes forward.
CREATE TRIGGER notification_logs_said BEFORE UPDATE ON notification_logs FOR EACH ROW
  WHEN ((NEW.id, NEW.event_key, NEW.channel, NEW.event_type, NEW.recipient, NEW.recipient_hash, NEW.message_id, NEW.endpoint_id, NEW.created_at)
      IS DISTINCT FROM (OLD.id, OLD.event_key, OLD.channel, OLD.event_type, OLD.recipient, OLD.recipient_hash, OLD.message_id, OLD.endpoint_id, OLD.created_at)
    OR NEW.attempts < OLD.attempts)
  EXECUTE FUNCTION audit_refused('what was said, and to whom, is not changed');
CREATE TRIGGER notification_logs_state BEFORE UPDATE OF status ON notification_logs FOR EACH ROW
  WHEN (NOT (NEW.status = OLD.status OR CASE OLD.status
    WHEN 'pending' THEN NEW.status IN ('sending', 'sent', 'suppressed')
    WHEN 'sending' THEN NEW.status IN ('sent', 'delivered', 'retrying', 'dead', 'suppressed', 'pending')
    WHEN 'retrying' THEN NEW.status IN ('sending', 'suppressed', 'dead')
    WHEN 'sent' THEN NEW.status IN ('delivered', 'dead')
    WHEN 'dead' THEN NEW.status = 'retrying'
    WHEN 'suppressed' THEN NEW.status = 'retrying'
    ELSE false END))
  EXECUTE FUNCTION audit_refused('a notification does not go back to that state');

-- Every try, written once. `unknown`: its worker did not live to tell.
CREATE TABLE notification_attempts (
  notification_id     uuid NOT NULL,
  attempt             integer NOT NULL CHECK (attempt > 0),
  ordinal             smallint NOT NULL CHECK (ordinal >= 0), -- providers that were tried in one attempt
  provider            text NOT NULL,
  outcome             text NOT NULL CHECK (outcome IN ('delivered', 'accepted', 'throttled', 'failed', 'refused', 'gone', 'unknown')),
  status_code         integer,
  provider_message_id text,
  error               text,
  started_at          timestamptz NOT NULL,
  duration_ms         integer NOT NULL CHECK (duration_ms >= 0),
  worker              text NOT NULL,
  PRIMARY KEY (notification_id, attempt, ordinal)
);
CREATE TRIGGER notification_attempts_rows BEFORE UPDATE OR DELETE ON notification_attempts FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER notification_attempts_truncate BEFORE TRUNCATE ON notification_attempts FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- Texts of one's own. The newest version of a name is in force; none is changed.
CREATE TABLE notification_templates (
  event_type text NOT NULL, -- a name, or `*`
  locale     text NOT NULL CHECK (locale IN ('vi', 'en')),
  channel    text NOT NULL, -- a channel, or `*`
  version    integer NOT NULL CHECK (version > 0),
  subject    text NOT NULL,
  body       text NOT NULL,
  html       text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (event_type, locale, channel, version)
);
CREATE TRIGGER notification_templates_rows BEFORE UPDATE OR DELETE ON notification_templates FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER notification_templates_truncate BEFORE TRUNCATE ON notification_templates FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- What a provider gave us to use next time, such as a token: sealed.
CREATE TABLE notification_provider_state (
  name       text PRIMARY KEY,
  sealed     bytea NOT NULL,
  expires_at timestamptz,
  updated_at timestamptz NOT NULL
);

-- That somebody was to be told of a fact, written in its transaction by whoever takes the alarm.
CREATE TABLE alert_receipts (
  subject_id uuid NOT NULL, -- the report
  event_type text NOT NULL,
  event_key  text NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (subject_id, event_type)
);
CREATE TRIGGER alert_receipts_rows BEFORE UPDATE OR DELETE ON alert_receipts FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER alert_receipts_truncate BEFORE TRUNCATE ON alert_receipts FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- `alert_triggered` says what the receipts say, or the report is not committed.
CREATE FUNCTION reconciliation_alert_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.alert_triggered IS DISTINCT FROM EXISTS (SELECT FROM alert_receipts WHERE subject_id = NEW.id AND event_type LIKE 'solvency.%') THEN
    RAISE EXCEPTION 'reconciliation_logs: alert_triggered is %, and the receipts of report % say otherwise', NEW.alert_triggered, NEW.id
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'an alert is raised in the transaction that ends the attempt';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reconciliation_alert_derived AFTER UPDATE ON reconciliation_logs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.status = 'in_progress' AND NEW.status <> 'in_progress') EXECUTE FUNCTION reconciliation_alert_derived();

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION reconciliation_alert_derived SET search_path = %I, pg_temp', current_schema());
END $$;

INSERT INTO audit_streams (name, salted) VALUES
  ('notification_attempts', false), ('notification_endpoints', false), ('notification_templates', false), ('alert_receipts', false),
  ('notification_operations', false);
CREATE TRIGGER audit_watched AFTER INSERT ON notification_attempts FOR EACH ROW EXECUTE FUNCTION audit_watch('notification_attempts', '{notification_id,attempt,ordinal}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE
  OR UPDATE OF events, min_severity, locale, zone, quiet_from, quiet_until, digest, digest_at, status, secret_version, deleted_at
  ON notification_endpoints FOR EACH ROW EXECUTE FUNCTION audit_watch('notification_endpoints', '{id}', '{failures,failing_since,last_error,last_success_at}');
CREATE TRIGGER audit_watched AFTER INSERT ON notification_templates FOR EACH ROW EXECUTE FUNCTION audit_watch('notification_templates', '{event_type,locale,channel,version}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT ON alert_receipts FOR EACH ROW EXECUTE FUNCTION audit_watch('alert_receipts', '{subject_id,event_type}', '{}');
