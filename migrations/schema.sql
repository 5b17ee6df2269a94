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

CREATE TABLE audit_checkpoints (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL,
  signed_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (id),
  CONSTRAINT audit_checkpoints_kind_check CHECK ((kind = ANY (ARRAY['daily'::text, 'witnessed'::text])))
);

CREATE TABLE audit_days (
  date date NOT NULL,
  first_idx bigint NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  CONSTRAINT audit_days_pkey PRIMARY KEY (date),
  CONSTRAINT audit_days_size_key UNIQUE (size),
  CONSTRAINT audit_days_leaf CHECK ((size > first_idx)),
  CONSTRAINT audit_days_root_check CHECK ((octet_length(root) = 32))
);

CREATE TABLE audit_leaves (
  idx bigint NOT NULL,
  seq bigint NOT NULL,
  at_us bigint NOT NULL,
  stream_id smallint NOT NULL,
  idem uuid,
  data_hash bytea NOT NULL,
  leaf_hash bytea NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  op text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  CONSTRAINT audit_leaves_pkey PRIMARY KEY (idx),
  CONSTRAINT audit_leaves_idem UNIQUE (idem),
  CONSTRAINT audit_leaves_stream UNIQUE (stream_id, seq),
  CONSTRAINT audit_leaves_fields CHECK (((strpos(((record_id || actor) || op), chr(10)) = 0) AND (strpos(op, ' '::text) = 0) AND (record_id <> ''::text) AND (op <> ''::text) AND (actor <> ''::text) AND (octet_length(data_hash) = 32)))
);

CREATE TABLE audit_log (
  one boolean NOT NULL DEFAULT true,
  origin text COLLATE "C" NOT NULL,
  zone text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  root bytea NOT NULL DEFAULT sha256('\x'::bytea),
  frontier bytea NOT NULL DEFAULT '\x'::bytea,
  at_us bigint NOT NULL DEFAULT 0,
  open_date date NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (one),
  CONSTRAINT audit_log_frontier CHECK ((octet_length(frontier) = (32 * length(replace(((size)::bit(64))::text, '0'::text, ''::text))))),
  CONSTRAINT audit_log_one_check CHECK (one),
  CONSTRAINT audit_log_root_check CHECK ((octet_length(root) = 32)),
  CONSTRAINT audit_log_size_check CHECK ((size >= 0))
);

CREATE TABLE audit_outbox (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  stream_id smallint NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  op text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  record jsonb NOT NULL,
  said_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_outbox_pkey PRIMARY KEY (id)
);

CREATE TABLE audit_payloads (
  idx bigint NOT NULL,
  salt bytea,
  record text NOT NULL,
  CONSTRAINT audit_payloads_pkey PRIMARY KEY (idx),
  CONSTRAINT audit_payloads_salt_check CHECK ((octet_length(salt) = 32))
);

CREATE TABLE audit_published (
  one boolean NOT NULL DEFAULT true,
  size bigint NOT NULL,
  note text NOT NULL,
  signed_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_published_pkey PRIMARY KEY (one),
  CONSTRAINT audit_published_one_check CHECK (one)
);

CREATE TABLE audit_redactions (
  idx bigint NOT NULL,
  leaf bigint NOT NULL,
  CONSTRAINT audit_redactions_pkey PRIMARY KEY (idx),
  CONSTRAINT audit_redactions_later CHECK ((leaf > idx))
);

CREATE TABLE audit_streams (
  id smallint NOT NULL GENERATED ALWAYS AS IDENTITY,
  name text COLLATE "C" NOT NULL,
  salted boolean NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  head bytea,
  CONSTRAINT audit_streams_pkey PRIMARY KEY (id),
  CONSTRAINT audit_streams_name_key UNIQUE (name),
  CONSTRAINT audit_streams_head CHECK (((head IS NULL) = (size = 0))),
  CONSTRAINT audit_streams_head_check CHECK ((octet_length(head) = 32)),
  CONSTRAINT audit_streams_name_check CHECK ((name ~ '^[a-z][a-z0-9_.]{0,63}$'::text)),
  CONSTRAINT audit_streams_size_check CHECK ((size >= 0))
);

CREATE TABLE audit_tiles (
  level smallint NOT NULL,
  n bigint NOT NULL,
  hashes bytea NOT NULL,
  root bytea NOT NULL,
  CONSTRAINT audit_tiles_pkey PRIMARY KEY (level, n),
  CONSTRAINT audit_tiles_hashes_check CHECK ((octet_length(hashes) = 8192)),
  CONSTRAINT audit_tiles_root_check CHECK ((octet_length(root) = 32))
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

CREATE TABLE liability_proofs (
  id uuid NOT NULL,
  report_id uuid NOT NULL,
  book text NOT NULL,
  asset text NOT NULL,
  business_date date NOT NULL,
  seq integer NOT NULL,
  header text NOT NULL,
  header_hash text NOT NULL,
  prev text NOT NULL,
  signature text NOT NULL,
  public_key text NOT NULL,
  digest text NOT NULL,
  leaves bigint NOT NULL,
  merchants bigint NOT NULL,
  total numeric NOT NULL,
  negative_count bigint NOT NULL,
  negative_total numeric NOT NULL,
  negatives jsonb NOT NULL,
  leaf_file text,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT liability_proofs_pkey PRIMARY KEY (id),
  CONSTRAINT liability_proofs_book_asset_prev_key UNIQUE (book, asset, prev),
  CONSTRAINT liability_proofs_book_asset_seq_key UNIQUE (book, asset, seq),
  CONSTRAINT liability_proofs_header_hash_key UNIQUE (header_hash),
  CONSTRAINT liability_proofs_report_id_asset_key UNIQUE (report_id, asset),
  CONSTRAINT liability_proofs_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT liability_proofs_first CHECK (((seq = 0) = (prev = repeat('0'::text, 64)))),
  CONSTRAINT liability_proofs_header_hash_check CHECK ((header_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT liability_proofs_leaves_check CHECK ((leaves >= 0)),
  CONSTRAINT liability_proofs_merchants_check CHECK ((merchants >= 0)),
  CONSTRAINT liability_proofs_negative_count_check CHECK ((negative_count >= 0)),
  CONSTRAINT liability_proofs_negative_total_check CHECK ((negative_total <= (0)::numeric)),
  CONSTRAINT liability_proofs_negatives CHECK (((negative_count = 0) = (negative_total = (0)::numeric))),
  CONSTRAINT liability_proofs_prev_check CHECK ((prev ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT liability_proofs_seq_check CHECK ((seq >= 0)),
  CONSTRAINT liability_proofs_total_check CHECK ((total >= (0)::numeric))
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

CREATE TABLE proof_verifications (
  proof_id uuid NOT NULL,
  merchant_id uuid NOT NULL,
  verified_by text NOT NULL,
  verified_at timestamp with time zone NOT NULL,
  CONSTRAINT proof_verifications_pkey PRIMARY KEY (proof_id, merchant_id)
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

ALTER TABLE liability_proofs ADD CONSTRAINT liability_proofs_report_id_book_business_date_fkey FOREIGN KEY (report_id, book, business_date) REFERENCES reconciliation_logs(id, book, business_date);

ALTER TABLE proof_verifications ADD CONSTRAINT proof_verifications_proof_id_fkey FOREIGN KEY (proof_id) REFERENCES liability_proofs(id);

ALTER TABLE rate_quotes ADD CONSTRAINT rate_quotes_policy_hash_fkey FOREIGN KEY (policy_hash) REFERENCES rate_policies(policy_hash);

ALTER TABLE reconciliation_logs ADD CONSTRAINT reconciliation_logs_supersedes_book_business_date_fkey FOREIGN KEY (supersedes, book, business_date) REFERENCES reconciliation_logs(id, book, business_date);

CREATE UNIQUE INDEX audit_checkpoints_daily ON public.audit_checkpoints USING btree (size) WHERE (kind = 'daily'::text);

CREATE INDEX audit_checkpoints_newest ON public.audit_checkpoints USING btree (kind, size);

CREATE INDEX audit_leaves_record ON public.audit_leaves USING btree (hashtext(record_id));

CREATE INDEX liability_proofs_date ON public.liability_proofs USING btree (book, asset, business_date, seq DESC);

CREATE UNIQUE INDEX manual_rates_one_a_pair ON public.manual_rates USING btree (pair) WHERE (ended_at IS NULL);

CREATE INDEX notification_logs_due ON public.notification_logs USING btree (next_retry_at) WHERE (status = ANY (ARRAY['pending'::text, 'retrying'::text]));

CREATE INDEX notification_logs_newest ON public.notification_logs USING btree (created_at DESC, id DESC);

CREATE INDEX payment_quotes_newest ON public.payment_quotes USING btree (created_at DESC, id DESC);

CREATE INDEX rate_quotes_newest ON public.rate_quotes USING btree (pair, published_at DESC, quote_id DESC);

CREATE INDEX reconciliation_logs_newest ON public.reconciliation_logs USING btree (started_at DESC, id DESC);

CREATE UNIQUE INDEX reconciliation_logs_one_final ON public.reconciliation_logs USING btree (book, business_date) WHERE (((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])) AND (supersedes IS NULL));

CREATE OR REPLACE FUNCTION public.audit_append(expected_size bigint, new_at_us bigint, closes date, stream_ids smallint[], seqs bigint[], follows integer[], record_ids text[], ops text[], actors text[], idems uuid[], data_hashes bytea, leaf_hashes bytea, new_root bytea, new_frontier bytea, tile_roots bytea, payload_at integer[], salts bytea, records text[], redacted bigint[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  leaves integer := cardinality(stream_ids);
  new_size bigint := expected_size + leaves;
  log record;
  done bigint;
  first_of_day bigint;
  tile_level smallint := 0;
  tiles integer;
  given integer := 0;
BEGIN
  -- What was acknowledged survives a loss of power, whatever the session was told.
  PERFORM set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') IN ('off', 'local');
  IF leaves IS NULL OR leaves = 0 OR octet_length(data_hashes) <> 32 * leaves OR octet_length(leaf_hashes) <> 32 * leaves
     OR cardinality(seqs) <> leaves OR cardinality(follows) <> leaves OR cardinality(record_ids) <> leaves OR cardinality(ops) <> leaves OR cardinality(actors) <> leaves OR cardinality(idems) <> leaves
     OR cardinality(payload_at) <> cardinality(records) OR octet_length(salts) <> 32 * cardinality(records) THEN
    RAISE EXCEPTION 'audit: the parts of a batch differ in length' USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  UPDATE audit_log SET size = new_size, root = new_root, frontier = new_frontier, at_us = new_at_us,
      open_date = coalesce(closes + 1, open_date)
    WHERE size = expected_size AND coalesce(closes = open_date, true) RETURNING origin INTO log;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;

  PERFORM set_config('plumbline.appends', 'yes', true);
  -- Each leaf stands one after the one that it names, and `audit_leaves_stream` lets nobody stand there twice.
  INSERT INTO audit_leaves (idx, seq, at_us, stream_id, idem, data_hash, leaf_hash, record_id, op, actor)
  SELECT expected_size + ord - 1, seq, new_at_us, stream_id, idem, data_hash, leaf_hash, record_id, op, actor
  FROM (
    SELECT u.*, substring(data_hashes FROM (ord::integer - 1) * 32 + 1 FOR 32) AS data_hash,
      substring(leaf_hashes FROM (ord::integer - 1) * 32 + 1 FOR 32) AS leaf_hash
    FROM unnest(stream_ids, seqs, follows, record_ids, ops, actors, idems)
      WITH ORDINALITY AS u (stream_id, seq, before, record_id, op, actor, idem, ord)
  ) AS given JOIN audit_streams s ON s.id = stream_id
  WHERE CASE WHEN before = 0 THEN seq = s.size ELSE before < ord AND stream_ids[before] = stream_id AND seqs[before] = seq - 1 END
    AND leaf_hash = sha256('\x00'::bytea || convert_to(audit_leaf_text(name, seq, record_id, op, data_hash,
      CASE WHEN before = 0 THEN coalesce(s.head, audit_genesis(log.origin, s.name)) ELSE substring(leaf_hashes FROM (before - 1) * 32 + 1 FOR 32) END,
      new_at_us, actor), 'UTF8'))
  ORDER BY ord; -- an index that only grows stays small where it is written in its order
  GET DIAGNOSTICS done = ROW_COUNT;
  PERFORM set_config('plumbline.appends', 'no', true);
  IF done <> leaves THEN
    RAISE EXCEPTION 'audit: % of % leaves are not what their fields hash to, or do not follow their stream''s head', leaves - done, leaves
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  UPDATE audit_streams s SET size = last.seq + 1, head = substring(leaf_hashes FROM (last.ord::integer - 1) * 32 + 1 FOR 32)
  FROM (
    SELECT stream_id, max(seq) AS seq, max(ord) AS ord
    FROM unnest(stream_ids, seqs) WITH ORDINALITY AS u (stream_id, seq, ord) GROUP BY stream_id
  ) AS last WHERE s.id = last.stream_id;

  IF cardinality(records) > 0 THEN
    WITH payloads AS (
      SELECT p.at, nullif(substring(salts FROM (p.ord::integer - 1) * 32 + 1 FOR 32), decode(repeat('00', 32), 'hex')) AS salt, p.record
      FROM unnest(payload_at, records) WITH ORDINALITY AS p (at, record, ord)
    )
    INSERT INTO audit_payloads (idx, salt, record)
    SELECT expected_size + at - 1, salt, record FROM payloads
    WHERE sha256(coalesce(salt, '') || convert_to(record, 'UTF8')) = substring(data_hashes FROM (at - 1) * 32 + 1 FOR 32);
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(records) THEN
      RAISE EXCEPTION 'audit: % of % payloads are not what their data_hash says', cardinality(records) - done, cardinality(records)
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;

  IF cardinality(redacted) > 0 THEN -- the last leaf of the batch is the one that says so
    INSERT INTO audit_redactions (idx, leaf) SELECT r, new_size - 1 FROM unnest(redacted) AS r ON CONFLICT DO NOTHING;
    DELETE FROM audit_payloads WHERE idx = ANY (redacted);
  END IF;

  -- Tiles that the batch has filled, level by level; most batches fill none.
  WHILE new_size / 256 > expected_size / 256 LOOP
    tiles := new_size / 256 - expected_size / 256;
    IF tile_level = 0 THEN
      INSERT INTO audit_tiles (level, n, hashes, root)
      SELECT 0, idx / 256, string_agg(leaf_hash, '' ORDER BY idx),
        substring(tile_roots FROM (idx / 256 - expected_size / 256)::integer * 32 + 1 FOR 32)
      FROM audit_leaves WHERE idx >= expected_size / 256 * 256 AND idx < new_size / 256 * 256 GROUP BY idx / 256;
    ELSE
      INSERT INTO audit_tiles (level, n, hashes, root)
      SELECT tile_level, n / 256, string_agg(root, '' ORDER BY n),
        substring(tile_roots FROM (given + (n / 256 - expected_size / 256)::integer) * 32 + 1 FOR 32)
      FROM audit_tiles
      WHERE level = tile_level - 1 AND n >= expected_size / 256 * 256 AND n < new_size / 256 * 256 GROUP BY n / 256;
    END IF;
    given := given + tiles;
    tile_level := tile_level + 1;
    expected_size := expected_size / 256;
    new_size := new_size / 256;
  END LOOP;
  SELECT size INTO new_size FROM audit_log;

  IF closes IS NOT NULL THEN
    IF leaves <> 1 THEN
      RAISE EXCEPTION 'audit: a day is closed by one leaf' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT coalesce(max(size), 0) INTO first_of_day FROM audit_days;
    INSERT INTO audit_days (date, first_idx, size, root) VALUES (closes, first_of_day, new_size, new_root);
  END IF;
  RETURN new_size;
END $function$;

CREATE OR REPLACE FUNCTION public.audit_capture(stream text, record_id text, op text, record jsonb, actor text DEFAULT COALESCE(NULLIF(current_setting('plumbline.actor'::text, true), ''::text), (SESSION_USER)::text))
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  id integer;
BEGIN
  SELECT s.id INTO id FROM audit_streams s WHERE s.name = audit_capture.stream;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'audit: there is no stream "%"', left(stream, 80) USING ERRCODE = 'invalid_parameter_value',
      HINT = 'create it first: plumbline audit streams add NAME';
  END IF;
  IF stream LIKE 'plumbline.%' THEN
    RAISE EXCEPTION 'audit: the stream "%" is the log''s own', stream USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF audit_is_line(record_id, 512) IS NOT TRUE THEN
    RAISE EXCEPTION 'audit: record_id "%" is not 1 to 512 characters without control characters', left(record_id, 80) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF op !~ '^[a-z][a-z0-9_-]{0,31}$' OR op IS NULL THEN
    RAISE EXCEPTION 'audit: op "%" is not a word of a-z, 0-9, _ and -, such as "update"', left(op, 80) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF audit_is_line(actor, 200) IS NOT TRUE THEN
    RAISE EXCEPTION 'audit: actor "%" is not 1 to 200 characters without control characters', left(actor, 80) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF record IS NULL OR jsonb_path_exists(record, 'strict $.** ? (@.type() == "number" && (@ % 1 != 0 || @ > 9007199254740991 || @ < -9007199254740991))') THEN
    RAISE EXCEPTION 'audit: the record of % has a number that is not whole, or beyond 2^53', record_id USING ERRCODE = 'invalid_parameter_value',
      HINT = 'write it as text: "1000.50"';
  END IF;
  INSERT INTO audit_outbox (stream_id, record_id, op, actor, record) VALUES (id, record_id, op, actor, record);
END $function$;

CREATE OR REPLACE FUNCTION public.audit_genesis(origin text, stream text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT sha256(convert_to('plumbline/audit@v1' || chr(10) || 'genesis ' || origin || ' ' || stream || chr(10), 'UTF8'))
$function$;

CREATE OR REPLACE FUNCTION public.audit_grant(role name)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  EXECUTE format('REVOKE ALL ON audit_log, audit_streams, audit_leaves, audit_tiles, audit_payloads, audit_redactions, audit_days, audit_checkpoints, audit_published, audit_outbox FROM %I', role);
  EXECUTE format('GRANT SELECT ON audit_log, audit_streams, audit_leaves, audit_tiles, audit_payloads, audit_redactions, audit_days, audit_checkpoints, audit_published, audit_outbox, transaction_hashes TO %I', role);
  EXECUTE format('GRANT INSERT ON audit_log, audit_streams, audit_checkpoints, audit_published TO %I', role);
  EXECUTE format('GRANT UPDATE ON audit_published TO %I', role);
  EXECUTE format('GRANT UPDATE (one) ON audit_log TO %I', role); -- to lock its row, which is all that this column is good for
  EXECUTE format('GRANT DELETE ON audit_outbox TO %I', role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION audit_append, audit_capture TO %I', role);
END $function$;

CREATE OR REPLACE FUNCTION public.audit_index_at(us bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  low bigint := 0;
  high bigint := (SELECT size FROM audit_log);
  middle bigint;
BEGIN
  WHILE low < high LOOP
    middle := (low + high) / 2;
    IF (SELECT at_us FROM audit_leaves WHERE idx = middle) < us THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END $function$;

CREATE OR REPLACE FUNCTION public.audit_is_line(line text, longest integer)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT char_length(line) BETWEEN 1 AND longest AND line !~ '[\u0001-\u001f\u007f-\u009f]'
$function$;

CREATE OR REPLACE FUNCTION public.audit_leaf_text(stream text, seq bigint, record_id text, op text, data_hash bytea, previous_hash bytea, at_us bigint, actor text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT 'plumbline/audit@v1' || chr(10) || stream || ' ' || seq::text || chr(10) || record_id || ' ' || op || chr(10)
    || encode(data_hash, 'hex') || ' ' || encode(previous_hash, 'hex') || chr(10) || at_us::text || ' ' || actor || chr(10)
$function$;

CREATE OR REPLACE FUNCTION public.audit_payloads_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM audit_redactions r WHERE r.idx = OLD.idx) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit_payloads: % refused, a payload is forgotten by a redaction alone', TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.audit_refused()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '%: % refused, %', TG_TABLE_NAME, TG_OP, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.audit_row(whole jsonb, without text[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each_text(whole - without)
$function$;

CREATE OR REPLACE FUNCTION public.audit_row_id(whole jsonb, key text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT CASE WHEN audit_is_line(id, 512) THEN id ELSE 'sha256:' || encode(sha256(convert_to(coalesce(id, ''), 'UTF8')), 'hex') END
  FROM (SELECT string_agg(whole ->> k, ',' ORDER BY n) AS id FROM unnest(key) WITH ORDINALITY AS u (k, n)) AS named
$function$;

CREATE OR REPLACE FUNCTION public.audit_watch()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET "TimeZone" TO 'UTC'
 SET "DateStyle" TO 'ISO'
 SET "IntervalStyle" TO 'iso_8601'
 SET extra_float_digits TO '1'
 SET bytea_output TO 'hex'
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  whole jsonb;
  said text := coalesce(nullif(current_setting('plumbline.actor', true), ''), session_user);
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO audit_outbox (stream_id, record_id, op, actor, record)
      SELECT s.id, '*', 'truncate', said, '{}' FROM audit_streams s WHERE s.name = TG_ARGV[0];
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    whole := to_jsonb(OLD);
  ELSE
    whole := to_jsonb(NEW);
  END IF;
  INSERT INTO audit_outbox (stream_id, record_id, op, actor, record)
    SELECT s.id, audit_row_id(whole, TG_ARGV[1]::text[]), lower(TG_OP), said, audit_row(whole, TG_ARGV[2]::text[])
    FROM audit_streams s WHERE s.name = TG_ARGV[0];
  IF NOT FOUND THEN
    RAISE EXCEPTION 'audit: % is watched for the stream "%", which does not exist', TG_TABLE_NAME, TG_ARGV[0];
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.plumbline_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '%: % refused, its rows are written once and kept', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.plumbline_liability_proofs_follow()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.seq > 0 AND NOT EXISTS (SELECT FROM liability_proofs p
      WHERE p.book = NEW.book AND p.asset = NEW.asset AND p.seq = NEW.seq - 1 AND p.header_hash = NEW.prev) THEN
    RAISE EXCEPTION 'liability_proofs: header % of book % does not follow the one before it', NEW.seq, NEW.book
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
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

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION audit_watch('api_keys', '{id}', '{}');

CREATE TRIGGER audit_checkpoints_rows BEFORE DELETE OR UPDATE ON public.audit_checkpoints FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_checkpoints_truncate BEFORE TRUNCATE ON public.audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_days_rows BEFORE DELETE OR UPDATE ON public.audit_days FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_days_truncate BEFORE TRUNCATE ON public.audit_days FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_leaves_appended BEFORE INSERT ON public.audit_leaves FOR EACH STATEMENT WHEN ((current_setting('plumbline.appends'::text, true) IS DISTINCT FROM 'yes'::text)) EXECUTE FUNCTION audit_refused('leaves are appended by audit_append alone');

CREATE TRIGGER audit_leaves_rows BEFORE DELETE OR UPDATE ON public.audit_leaves FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_leaves_truncate BEFORE TRUNCATE ON public.audit_leaves FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_log_grows BEFORE UPDATE ON public.audit_log FOR EACH ROW WHEN (((((new.one IS DISTINCT FROM old.one) OR (new.origin IS DISTINCT FROM old.origin)) OR (new.zone IS DISTINCT FROM old.zone)) OR (new.size <= old.size) OR (new.at_us < old.at_us) OR (new.open_date < old.open_date))) EXECUTE FUNCTION audit_refused('the log only grows');

CREATE TRIGGER audit_log_stays BEFORE DELETE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION audit_refused('the log only grows');

CREATE TRIGGER audit_log_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_payloads_rows BEFORE DELETE OR UPDATE ON public.audit_payloads FOR EACH ROW EXECUTE FUNCTION audit_payloads_guard();

CREATE TRIGGER audit_payloads_truncate BEFORE TRUNCATE ON public.audit_payloads FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_published_grows BEFORE UPDATE ON public.audit_published FOR EACH ROW WHEN ((new.size < old.size)) EXECUTE FUNCTION audit_refused('a published checkpoint only grows');

CREATE TRIGGER audit_published_stays BEFORE DELETE ON public.audit_published FOR EACH ROW EXECUTE FUNCTION audit_refused('a published checkpoint only grows');

CREATE TRIGGER audit_published_truncate BEFORE TRUNCATE ON public.audit_published FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_redactions_rows BEFORE DELETE OR UPDATE ON public.audit_redactions FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_redactions_truncate BEFORE TRUNCATE ON public.audit_redactions FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_streams_grow BEFORE UPDATE ON public.audit_streams FOR EACH ROW WHEN (((((new.id IS DISTINCT FROM old.id) OR (new.name IS DISTINCT FROM old.name)) OR (new.salted IS DISTINCT FROM old.salted)) OR (new.size <= old.size))) EXECUTE FUNCTION audit_refused('a stream only grows');

CREATE TRIGGER audit_streams_stay BEFORE DELETE ON public.audit_streams FOR EACH ROW EXECUTE FUNCTION audit_refused('a stream only grows');

CREATE TRIGGER audit_streams_truncate BEFORE TRUNCATE ON public.audit_streams FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_tiles_rows BEFORE DELETE OR UPDATE ON public.audit_tiles FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_tiles_truncate BEFORE TRUNCATE ON public.audit_tiles FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.liability_proofs FOR EACH ROW EXECUTE FUNCTION audit_watch('liability_proofs', '{id}', '{negatives}');

CREATE TRIGGER liability_proofs_follow BEFORE INSERT ON public.liability_proofs FOR EACH ROW EXECUTE FUNCTION plumbline_liability_proofs_follow();

CREATE TRIGGER liability_proofs_rows BEFORE DELETE OR UPDATE ON public.liability_proofs FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER liability_proofs_truncate BEFORE TRUNCATE ON public.liability_proofs FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.manual_rates FOR EACH ROW EXECUTE FUNCTION audit_watch('manual_rates', '{id}', '{}');

CREATE TRIGGER manual_rates_rows BEFORE DELETE OR UPDATE ON public.manual_rates FOR EACH ROW EXECUTE FUNCTION plumbline_manual_rates_guard();

CREATE TRIGGER manual_rates_truncate BEFORE TRUNCATE ON public.manual_rates FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.payment_quotes FOR EACH ROW EXECUTE FUNCTION audit_watch('payment_quotes', '{id}', '{}');

CREATE TRIGGER payment_quotes_rows BEFORE DELETE OR UPDATE ON public.payment_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_payment_quotes_guard();

CREATE TRIGGER payment_quotes_truncate BEFORE TRUNCATE ON public.payment_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER proof_verifications_rows BEFORE DELETE OR UPDATE ON public.proof_verifications FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER proof_verifications_truncate BEFORE TRUNCATE ON public.proof_verifications FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.rate_operations FOR EACH ROW EXECUTE FUNCTION audit_watch('rate_operations', '{id}', '{}');

CREATE TRIGGER rate_operations_rows BEFORE DELETE OR UPDATE ON public.rate_operations FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_operations_truncate BEFORE TRUNCATE ON public.rate_operations FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_policies_rows BEFORE DELETE OR UPDATE ON public.rate_policies FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_policies_truncate BEFORE TRUNCATE ON public.rate_policies FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_quotes_rows BEFORE DELETE OR UPDATE ON public.rate_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_quotes_truncate BEFORE TRUNCATE ON public.rate_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.reconciliation_logs FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_logs', '{id}', '{}');

CREATE TRIGGER reconciliation_logs_rows BEFORE DELETE OR UPDATE ON public.reconciliation_logs FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_logs_guard();

CREATE TRIGGER reconciliation_logs_truncate BEFORE TRUNCATE ON public.reconciliation_logs FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_logs_guard();

CREATE VIEW transaction_hashes AS
 SELECT idx AS id,
    name AS table_name,
    record_id,
    op AS operation,
    encode(data_hash, 'hex'::text) AS data_hash,
    encode(COALESCE(leaf_hash, audit_genesis(origin, name)), 'hex'::text) AS previous_hash,
    encode(leaf_hash, 'hex'::text) AS leaf_hash,
    encode(root, 'hex'::text) AS merkle_root,
    COALESCE(date, open_date) AS block_date,
    idx - COALESCE(first_idx, ( SELECT max(size) AS max
           FROM audit_days closed), 0::bigint) AS block_number,
    actor,
    to_timestamp((at_us::numeric / 1000000.0)::double precision) AS created_at
   FROM audit_leaves l
     JOIN audit_streams s ON id = stream_id
     CROSS JOIN audit_log g
     LEFT JOIN audit_leaves p ON stream_id = stream_id AND seq = (seq - 1)
     LEFT JOIN LATERAL ( SELECT date,
            first_idx,
            size,
            root
           FROM audit_days
          WHERE size > idx
          ORDER BY size
         LIMIT 1) d ON true;
