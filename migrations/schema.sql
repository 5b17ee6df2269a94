-- The schema after all migrations, for reading and for comparing. Written by `npm run schema`; a test
-- compares it with the catalog of each supported engine. Changes belong into a new migration.

CREATE TABLE api_keys (
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  secret_hash text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  CONSTRAINT api_keys_scopes_check CHECK ((cardinality(scopes) > 0)),
  CONSTRAINT api_keys_secret_hash_check CHECK ((secret_hash ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE idempotency_keys (
  subject text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  response_code integer,
  response_body text,
  claimed_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (subject, key)
);

CREATE TABLE notification_logs (
  id uuid NOT NULL,
  event_key text NOT NULL,
  merchant_id uuid,
  payment_id uuid,
  channel text NOT NULL,
  event_type text NOT NULL,
  severity text NOT NULL,
  recipient text NOT NULL,
  message text NOT NULL,
  payload jsonb NOT NULL,
  status text NOT NULL,
  retry_count integer NOT NULL DEFAULT 0,
  next_retry_at timestamp with time zone,
  provider_message_id text,
  error_message text,
  created_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone,
  CONSTRAINT notification_logs_pkey PRIMARY KEY (id),
  CONSTRAINT notification_logs_event_key_key UNIQUE (event_key),
  CONSTRAINT notification_logs_retry_count_check CHECK ((retry_count >= 0)),
  CONSTRAINT notification_logs_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  CONSTRAINT notification_logs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'retrying'::text, 'dead'::text, 'suppressed'::text])))
);

CREATE TABLE plumbline_migrations (
  version integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT plumbline_migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE reconciliation_logs (
  id uuid NOT NULL,
  book text NOT NULL,
  business_date date NOT NULL,
  attempt integer NOT NULL,
  supersedes uuid,
  started_by text NOT NULL,
  status character varying(20) NOT NULL,
  total_assets_vnd numeric,
  total_liabilities_vnd numeric,
  difference_vnd numeric,
  tolerance_vnd numeric NOT NULL,
  asset_breakdown jsonb,
  report jsonb,
  report_hash text,
  alert_triggered boolean NOT NULL DEFAULT false,
  error_message text,
  started_at timestamp with time zone NOT NULL,
  observed_at timestamp with time zone,
  reconciled_at timestamp with time zone,
  CONSTRAINT reconciliation_logs_pkey PRIMARY KEY (id),
  CONSTRAINT reconciliation_logs_book_business_date_attempt_key UNIQUE (book, business_date, attempt),
  CONSTRAINT reconciliation_logs_id_book_business_date_key UNIQUE (id, book, business_date),
  CONSTRAINT reconciliation_logs_supersedes_key UNIQUE (supersedes),
  CONSTRAINT reconciliation_logs_alerted CHECK ((((status)::text <> 'deficit'::text) OR alert_triggered)),
  CONSTRAINT reconciliation_logs_amounts CHECK ((((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])) = ((total_assets_vnd IS NOT NULL) AND (total_liabilities_vnd IS NOT NULL) AND (difference_vnd IS NOT NULL)))),
  CONSTRAINT reconciliation_logs_attempt_check CHECK ((attempt > 0)),
  CONSTRAINT reconciliation_logs_difference CHECK ((difference_vnd = (total_assets_vnd - total_liabilities_vnd))),
  CONSTRAINT reconciliation_logs_finished CHECK ((((status)::text = 'in_progress'::text) = (reconciled_at IS NULL))),
  CONSTRAINT reconciliation_logs_reason CHECK ((((status)::text = 'error'::text) = (error_message IS NOT NULL))),
  CONSTRAINT reconciliation_logs_report_hash_check CHECK ((report_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT reconciliation_logs_status CHECK (((status)::text = ANY ((ARRAY['in_progress'::character varying, 'balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying, 'error'::character varying])::text[]))),
  CONSTRAINT reconciliation_logs_supersedes CHECK (((supersedes IS NULL) OR ((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])))),
  CONSTRAINT reconciliation_logs_tolerance_vnd_check CHECK ((tolerance_vnd >= (0)::numeric)),
  CONSTRAINT reconciliation_logs_unknown CHECK ((((status)::text <> ALL ((ARRAY['in_progress'::character varying, 'error'::character varying])::text[])) OR ((total_assets_vnd IS NULL) AND (total_liabilities_vnd IS NULL) AND (difference_vnd IS NULL)))),
  CONSTRAINT reconciliation_logs_verdict CHECK (
CASE status
    WHEN 'balanced'::text THEN (abs(difference_vnd) <= tolerance_vnd)
    WHEN 'surplus'::text THEN (difference_vnd > tolerance_vnd)
    WHEN 'deficit'::text THEN (difference_vnd < (- tolerance_vnd))
    ELSE true
END)
);

ALTER TABLE reconciliation_logs ADD CONSTRAINT reconciliation_logs_supersedes_book_business_date_fkey FOREIGN KEY (supersedes, book, business_date) REFERENCES reconciliation_logs(id, book, business_date);

CREATE INDEX notification_logs_due ON public.notification_logs USING btree (next_retry_at) WHERE (status = ANY (ARRAY['pending'::text, 'retrying'::text]));

CREATE INDEX notification_logs_newest ON public.notification_logs USING btree (created_at DESC, id DESC);

CREATE INDEX reconciliation_logs_newest ON public.reconciliation_logs USING btree (started_at DESC, id DESC);

CREATE UNIQUE INDEX reconciliation_logs_one_final ON public.reconciliation_logs USING btree (book, business_date) WHERE (((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])) AND (supersedes IS NULL));

CREATE OR REPLACE FUNCTION public.plumbline_reconciliation_logs_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status = 'in_progress'
     AND NEW.id = OLD.id AND NEW.book = OLD.book AND NEW.business_date = OLD.business_date
     AND NEW.attempt = OLD.attempt AND NEW.started_at = OLD.started_at THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'reconciliation_logs: % refused, an ended attempt is never changed (a later one supersedes it)', TG_OP
    USING ERRCODE = 'restrict_violation';
END $function$;

CREATE TRIGGER reconciliation_logs_rows BEFORE DELETE OR UPDATE ON public.reconciliation_logs FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_logs_guard();

CREATE TRIGGER reconciliation_logs_truncate BEFORE TRUNCATE ON public.reconciliation_logs FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_logs_guard();
