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

CREATE TABLE manual_rates (
  id uuid NOT NULL,
  pair text NOT NULL,
  mid numeric NOT NULL,
  quote_id uuid NOT NULL,
  reason text NOT NULL,
  max_deviation_bps integer NOT NULL,
  set_by text NOT NULL,
  set_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  ended_by text,
  end_reason text,
  CONSTRAINT manual_rates_pkey PRIMARY KEY (id),
  CONSTRAINT manual_rates_ended CHECK ((((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) = (end_reason IS NULL)))),
  CONSTRAINT manual_rates_ends CHECK ((expires_at > set_at)),
  CONSTRAINT manual_rates_max_deviation_bps_check CHECK ((max_deviation_bps >= 0)),
  CONSTRAINT manual_rates_mid_check CHECK ((mid > (0)::numeric)),
  CONSTRAINT manual_rates_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
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

CREATE TABLE payment_quotes (
  id uuid NOT NULL,
  pair text NOT NULL,
  side text NOT NULL,
  fixed text NOT NULL,
  base_amount numeric NOT NULL,
  quote_amount numeric NOT NULL,
  rate numeric NOT NULL,
  rate_quote_id uuid NOT NULL,
  level text NOT NULL,
  agreement text NOT NULL,
  rate_as_of timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  reference text,
  accepted_at timestamp with time zone,
  accepted_by text,
  CONSTRAINT payment_quotes_pkey PRIMARY KEY (id),
  CONSTRAINT payment_quotes_accepted CHECK (((accepted_at IS NULL) = (accepted_by IS NULL))),
  CONSTRAINT payment_quotes_base_amount_check CHECK ((base_amount > (0)::numeric)),
  CONSTRAINT payment_quotes_fixed CHECK ((fixed = ANY (ARRAY['base'::text, 'quote'::text]))),
  CONSTRAINT payment_quotes_in_time CHECK (((accepted_at IS NULL) OR (accepted_at < expires_at))),
  CONSTRAINT payment_quotes_lifetime CHECK ((expires_at > created_at)),
  CONSTRAINT payment_quotes_quote_amount_check CHECK ((quote_amount > (0)::numeric)),
  CONSTRAINT payment_quotes_rate_check CHECK ((rate > (0)::numeric)),
  CONSTRAINT payment_quotes_side CHECK ((side = ANY (ARRAY['sell'::text, 'buy'::text])))
);

CREATE TABLE plumbline_migrations (
  version integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT plumbline_migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE rate_operations (
  id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  subject text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  reason text NOT NULL,
  details jsonb NOT NULL,
  CONSTRAINT rate_operations_pkey PRIMARY KEY (id),
  CONSTRAINT rate_operations_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

CREATE TABLE rate_policies (
  policy_hash text NOT NULL,
  document text NOT NULL,
  first_used_at timestamp with time zone NOT NULL,
  CONSTRAINT rate_policies_pkey PRIMARY KEY (policy_hash),
  CONSTRAINT rate_policies_hash CHECK ((policy_hash = encode(sha256(convert_to(document, 'UTF8'::name)), 'hex'::text)))
);

CREATE TABLE rate_quotes (
  quote_id uuid NOT NULL,
  pair text NOT NULL,
  bid numeric NOT NULL,
  mid numeric NOT NULL,
  ask numeric NOT NULL,
  half_spread_bps integer NOT NULL,
  agreement text NOT NULL,
  basis text NOT NULL,
  sources text[] NOT NULL,
  as_of timestamp with time zone NOT NULL,
  published_at timestamp with time zone NOT NULL,
  policy_hash text NOT NULL,
  evidence text NOT NULL,
  CONSTRAINT rate_quotes_pkey PRIMARY KEY (quote_id),
  CONSTRAINT rate_quotes_agreement CHECK ((agreement = ANY (ARRAY['corroborated'::text, 'single'::text, 'unverified'::text, 'contested'::text, 'manual'::text]))),
  CONSTRAINT rate_quotes_sides CHECK ((((0)::numeric < bid) AND (bid <= mid) AND (mid <= ask)))
);

CREATE TABLE rate_sources (
  source text NOT NULL,
  spent_until timestamp with time zone NOT NULL,
  hold_until timestamp with time zone,
  hold_reason text,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT rate_sources_pkey PRIMARY KEY (source),
  CONSTRAINT rate_sources_hold CHECK (((hold_until IS NULL) = (hold_reason IS NULL)))
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

ALTER TABLE rate_quotes ADD CONSTRAINT rate_quotes_policy_hash_fkey FOREIGN KEY (policy_hash) REFERENCES rate_policies(policy_hash);

ALTER TABLE reconciliation_logs ADD CONSTRAINT reconciliation_logs_supersedes_book_business_date_fkey FOREIGN KEY (supersedes, book, business_date) REFERENCES reconciliation_logs(id, book, business_date);

CREATE UNIQUE INDEX manual_rates_one_a_pair ON public.manual_rates USING btree (pair) WHERE (ended_at IS NULL);

CREATE INDEX notification_logs_due ON public.notification_logs USING btree (next_retry_at) WHERE (status = ANY (ARRAY['pending'::text, 'retrying'::text]));

CREATE INDEX notification_logs_newest ON public.notification_logs USING btree (created_at DESC, id DESC);

CREATE INDEX payment_quotes_newest ON public.payment_quotes USING btree (created_at DESC, id DESC);

CREATE INDEX rate_quotes_newest ON public.rate_quotes USING btree (pair, published_at DESC, quote_id DESC);

CREATE INDEX reconciliation_logs_newest ON public.reconciliation_logs USING btree (started_at DESC, id DESC);

CREATE UNIQUE INDEX reconciliation_logs_one_final ON public.reconciliation_logs USING btree (book, business_date) WHERE (((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])) AND (supersedes IS NULL));

CREATE OR REPLACE FUNCTION public.plumbline_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '%: % refused, its rows are written once and kept', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.plumbline_manual_rates_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
     AND (NEW.id, NEW.pair, NEW.mid, NEW.quote_id, NEW.reason, NEW.max_deviation_bps, NEW.set_by, NEW.set_at, NEW.expires_at)
       = (OLD.id, OLD.pair, OLD.mid, OLD.quote_id, OLD.reason, OLD.max_deviation_bps, OLD.set_by, OLD.set_at, OLD.expires_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'manual_rates: % refused, a rate is set once and ended once', TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.plumbline_payment_quotes_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL
     AND to_jsonb(NEW) - '{accepted_at,accepted_by,reference}'::text[] = to_jsonb(OLD) - '{accepted_at,accepted_by,reference}'::text[] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'payment_quotes: % refused, a promise is made once and accepted once', TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

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

CREATE TRIGGER manual_rates_rows BEFORE DELETE OR UPDATE ON public.manual_rates FOR EACH ROW EXECUTE FUNCTION plumbline_manual_rates_guard();

CREATE TRIGGER manual_rates_truncate BEFORE TRUNCATE ON public.manual_rates FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER payment_quotes_rows BEFORE DELETE OR UPDATE ON public.payment_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_payment_quotes_guard();

CREATE TRIGGER payment_quotes_truncate BEFORE TRUNCATE ON public.payment_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_operations_rows BEFORE DELETE OR UPDATE ON public.rate_operations FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_operations_truncate BEFORE TRUNCATE ON public.rate_operations FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_policies_rows BEFORE DELETE OR UPDATE ON public.rate_policies FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_policies_truncate BEFORE TRUNCATE ON public.rate_policies FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_quotes_rows BEFORE DELETE OR UPDATE ON public.rate_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_quotes_truncate BEFORE TRUNCATE ON public.rate_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER reconciliation_logs_rows BEFORE DELETE OR UPDATE ON public.reconciliation_logs FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_logs_guard();

CREATE TRIGGER reconciliation_logs_truncate BEFORE TRUNCATE ON public.reconciliation_logs FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_logs_guard();
