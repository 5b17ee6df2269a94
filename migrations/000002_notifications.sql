-- Everything that somebody was to be told, written in the transaction of the fact that it tells of.
CREATE TABLE notification_logs (
  id                  uuid PRIMARY KEY,
  event_key           text NOT NULL UNIQUE, -- the same event told twice over one channel is one row
  merchant_id         uuid,
  payment_id          uuid,
  channel             text NOT NULL,
  event_type          text NOT NULL,
  severity            text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  recipient           text NOT NULL,
  message             text NOT NULL,
  payload             jsonb NOT NULL,
  status              text NOT NULL CHECK (status IN ('pending', 'sending', 'sent', 'delivered', 'retrying', 'dead', 'suppressed')),
  retry_count         integer NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
  next_retry_at       timestamptz,
  provider_message_id text,
  error_message       text,
  created_at          timestamptz NOT NULL,
  sent_at             timestamptz
);

CREATE INDEX notification_logs_newest ON notification_logs (created_at DESC, id DESC);
CREATE INDEX notification_logs_due ON notification_logs (next_retry_at) WHERE status IN ('pending', 'retrying');
