-- The schema after all migrations, for reading and for comparing. Written by `npm run schema`; a test
-- compares it with the catalog of each supported engine. Changes belong into a new migration.

CREATE TABLE alert_receipts (
  subject_id uuid NOT NULL,
  event_type text NOT NULL,
  event_key text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT alert_receipts_pkey PRIMARY KEY (subject_id, event_type)
);

CREATE TABLE api_key_uses (
  key_id uuid NOT NULL,
  last_used_at timestamp with time zone NOT NULL,
  last_address text NOT NULL,
  CONSTRAINT api_key_uses_pkey PRIMARY KEY (key_id)
);

CREATE TABLE api_keys (
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  secret_hash text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  role text NOT NULL DEFAULT 'service'::text,
  owner text,
  addresses text[] NOT NULL DEFAULT '{}'::text[],
  created_by text,
  approval_id uuid,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  CONSTRAINT api_keys_owner CHECK (((role <> 'service'::text) OR (owner IS NULL))),
  CONSTRAINT api_keys_owner_check CHECK ((owner ~ '^person:[!-~]{1,200}$'::text)),
  CONSTRAINT api_keys_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'auditor'::text, 'operator'::text, 'admin'::text, 'service'::text]))),
  CONSTRAINT api_keys_scopes_check CHECK ((cardinality(scopes) > 0)),
  CONSTRAINT api_keys_secret_hash_check CHECK ((secret_hash ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE approval_denials (
  id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  subject text NOT NULL,
  via text NOT NULL,
  attempt text NOT NULL,
  action text NOT NULL,
  approval_id uuid,
  code text NOT NULL,
  message text NOT NULL,
  CONSTRAINT approval_denials_pkey PRIMARY KEY (id),
  CONSTRAINT approval_denials_attempt_check CHECK ((attempt = ANY (ARRAY['request'::text, 'approve'::text, 'reject'::text, 'withdraw'::text, 'break_glass'::text, 'review'::text])))
);

CREATE TABLE approvals (
  id uuid NOT NULL,
  action text COLLATE "C" NOT NULL,
  target text NOT NULL,
  payload text NOT NULL,
  payload_hash text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  requested_by text COLLATE "C" NOT NULL,
  requested_via text NOT NULL,
  requested_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  state text NOT NULL,
  decided_by text COLLATE "C",
  decided_via text,
  decided_at timestamp with time zone,
  decision_reason text,
  result text,
  break_glass boolean NOT NULL DEFAULT false,
  reviewed_by text COLLATE "C",
  reviewed_at timestamp with time zone,
  review_note text,
  CONSTRAINT approvals_pkey PRIMARY KEY (id),
  CONSTRAINT approvals_action_check CHECK ((action ~ '^[a-z0-9._-]{1,100}$'::text)),
  CONSTRAINT approvals_alone CHECK (((NOT break_glass) OR ((state = 'executed'::text) AND (decided_by = requested_by)))),
  CONSTRAINT approvals_bounded CHECK ((expires_at > requested_at)),
  CONSTRAINT approvals_decided CHECK ((((state = 'pending'::text) = (decided_by IS NULL)) AND ((state = 'pending'::text) = (decided_at IS NULL)))),
  CONSTRAINT approvals_decider CHECK ((decided_by ~ '^(person:[!-~]{1,200}|plumbline)$'::text)),
  CONSTRAINT approvals_frozen CHECK ((payload_hash = encode(sha256(convert_to(payload, 'UTF8'::name)), 'hex'::text))),
  CONSTRAINT approvals_in_time CHECK (((state <> 'executed'::text) OR ((decided_at >= requested_at) AND (decided_at < expires_at)))),
  CONSTRAINT approvals_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT approvals_rejected_by_another CHECK (((state <> 'rejected'::text) OR (decided_by <> requested_by))),
  CONSTRAINT approvals_requested_by_check CHECK ((requested_by ~ '^person:[!-~]{1,200}$'::text)),
  CONSTRAINT approvals_reviewed CHECK ((((reviewed_by IS NULL) = (reviewed_at IS NULL)) AND ((reviewed_by IS NULL) OR (break_glass AND (reviewed_by <> requested_by) AND (reviewed_by ~ '^person:'::text) AND (review_note <> ''::text))))),
  CONSTRAINT approvals_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'executed'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text, 'void'::text]))),
  CONSTRAINT approvals_two_people CHECK (((state <> 'executed'::text) OR break_glass OR ((decided_by <> requested_by) AND (decided_by <> 'plumbline'::text)))),
  CONSTRAINT approvals_withdrawn_by_own CHECK (((state <> 'withdrawn'::text) OR (decided_by = requested_by)))
);

CREATE TABLE archive_batches (
  no integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  id uuid NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  policy_version integer NOT NULL,
  way text NOT NULL,
  state text NOT NULL,
  fence bigint NOT NULL DEFAULT 1,
  range_from text NOT NULL,
  range_to text NOT NULL,
  partition text,
  partition_bound text,
  detached boolean NOT NULL DEFAULT false,
  claimed_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  s3_bucket text,
  object_key text COLLATE "C",
  storage_class text,
  version_id text,
  codec text,
  row_count integer,
  raw_bytes bigint,
  object_bytes bigint,
  object_sha256 bytea,
  merkle_root bytea,
  index_sha256 bytea,
  manifest_key text COLLATE "C",
  manifest_sha256 bytea,
  previous_manifest_sha256 bytea,
  lo_id uuid,
  hi_id uuid,
  stored_bytes bigint,
  stored_sha256 bytea,
  cooling_until timestamp with time zone,
  next_seq integer NOT NULL DEFAULT 0,
  parts integer NOT NULL DEFAULT 0,
  archived_rows integer NOT NULL DEFAULT 0,
  kept_rows integer NOT NULL DEFAULT 0,
  committed_at timestamp with time zone,
  receipt_key text COLLATE "C",
  receipt_sha256 bytea,
  abandoned_reason text,
  swept boolean NOT NULL DEFAULT false,
  restore_state text NOT NULL DEFAULT 'archived'::text,
  restore_tier text,
  restore_requested_at timestamp with time zone,
  restored_until timestamp with time zone,
  CONSTRAINT archive_batches_pkey PRIMARY KEY (no),
  CONSTRAINT archive_batches_id_key UNIQUE (id),
  CONSTRAINT archive_batches_abandoned CHECK ((((state = 'abandoned'::text) = (abandoned_reason IS NOT NULL)) AND ((state <> 'abandoned'::text) OR (archived_rows = 0)))),
  CONSTRAINT archive_batches_codec_check CHECK ((codec = ANY (ARRAY['zstd'::text, 'gzip'::text]))),
  CONSTRAINT archive_batches_index_sha256_check CHECK ((octet_length(index_sha256) = 32)),
  CONSTRAINT archive_batches_manifest_sha256_check CHECK ((octet_length(manifest_sha256) = 32)),
  CONSTRAINT archive_batches_merkle_root_check CHECK ((octet_length(merkle_root) = 32)),
  CONSTRAINT archive_batches_object CHECK (((state = ANY (ARRAY['claimed'::text, 'purged'::text, 'abandoned'::text])) OR (way = 'purge'::text) OR (num_nonnulls(s3_bucket, object_key, storage_class, codec, row_count, raw_bytes, object_bytes, object_sha256, merkle_root, index_sha256, manifest_key, manifest_sha256, lo_id, hi_id) = 14))),
  CONSTRAINT archive_batches_object_sha256_check CHECK ((octet_length(object_sha256) = 32)),
  CONSTRAINT archive_batches_previous_manifest_sha256_check CHECK ((octet_length(previous_manifest_sha256) = 32)),
  CONSTRAINT archive_batches_receipt_sha256_check CHECK ((octet_length(receipt_sha256) = 32)),
  CONSTRAINT archive_batches_restore_state_check CHECK ((restore_state = ANY (ARRAY['archived'::text, 'restoring'::text, 'restored'::text, 'failed'::text]))),
  CONSTRAINT archive_batches_row_count_check CHECK ((row_count > 0)),
  CONSTRAINT archive_batches_rows CHECK (((next_seq = (archived_rows + kept_rows)) AND ((row_count IS NULL) OR (next_seq <= row_count)) AND ((state <> ALL (ARRAY['committed'::text, 'sealed'::text])) OR (next_seq = row_count)) AND ((state = ANY (ARRAY['committing'::text, 'committed'::text, 'sealed'::text, 'purged'::text])) OR (way = 'purge'::text) OR (next_seq = 0)))),
  CONSTRAINT archive_batches_sealed CHECK (((state <> 'sealed'::text) OR (num_nonnulls(receipt_key, receipt_sha256, committed_at) = 3))),
  CONSTRAINT archive_batches_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'exported'::text, 'uploaded'::text, 'verified'::text, 'committing'::text, 'committed'::text, 'sealed'::text, 'purged'::text, 'abandoned'::text]))),
  CONSTRAINT archive_batches_stored_sha256_check CHECK ((octet_length(stored_sha256) = 32)),
  CONSTRAINT archive_batches_way_check CHECK ((way = ANY (ARRAY['rows'::text, 'partition'::text, 'purge'::text])))
);

CREATE TABLE archive_deletion_permits (
  table_name text COLLATE "C" NOT NULL,
  policy_version integer NOT NULL,
  approval_id uuid NOT NULL,
  requested_by text NOT NULL,
  approved_by text NOT NULL,
  permitted_at timestamp with time zone NOT NULL,
  CONSTRAINT archive_deletion_permits_pkey PRIMARY KEY (table_name)
);

CREATE TABLE archive_held_objects (
  hold uuid NOT NULL,
  batch integer NOT NULL,
  protected_at timestamp with time zone,
  lifted_at timestamp with time zone,
  error_code text,
  error_message text,
  CONSTRAINT archive_held_objects_pkey PRIMARY KEY (hold, batch)
);

CREATE TABLE archive_holds (
  id uuid NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  column_name text NOT NULL,
  column_type text NOT NULL,
  held_from text NOT NULL,
  held_to text NOT NULL,
  reason text NOT NULL,
  placed_by text NOT NULL,
  placed_at timestamp with time zone NOT NULL,
  released_by text,
  released_at timestamp with time zone,
  release_reason text,
  release_approved_by text,
  CONSTRAINT archive_holds_pkey PRIMARY KEY (id),
  CONSTRAINT archive_holds_kind_check CHECK ((kind = ANY (ARRAY['time'::text, 'keys'::text]))),
  CONSTRAINT archive_holds_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT archive_holds_released CHECK (((num_nonnulls(released_by, released_at, release_reason) = ANY (ARRAY[0, 3])) AND ((release_approved_by IS NULL) OR (released_at IS NOT NULL))))
);

CREATE TABLE archive_kept (
  batch integer NOT NULL,
  part integer NOT NULL,
  lo uuid NOT NULL,
  records bytea NOT NULL,
  CONSTRAINT archive_kept_pkey PRIMARY KEY (batch, part, lo),
  CONSTRAINT archive_kept_records_check CHECK ((((octet_length(records) >= 52) AND (octet_length(records) <= 7800)) AND ((octet_length(records) % 52) = 0)))
);

CREATE TABLE archive_manifests (
  batch integer NOT NULL,
  body text NOT NULL,
  CONSTRAINT archive_manifests_pkey PRIMARY KEY (batch)
);

CREATE TABLE archive_pointer_parts (
  batch integer NOT NULL,
  part integer NOT NULL,
  lo uuid NOT NULL,
  records bytea NOT NULL,
  CONSTRAINT archive_pointer_parts_pkey PRIMARY KEY (batch, part, lo),
  CONSTRAINT archive_pointer_parts_part_check CHECK ((part > 0)),
  CONSTRAINT archive_pointer_parts_records_check CHECK ((((octet_length(records) >= 52) AND (octet_length(records) <= 7800)) AND ((octet_length(records) % 52) = 0)))
);

CREATE TABLE archive_pointers (
  batch integer NOT NULL,
  part integer NOT NULL,
  lo uuid NOT NULL,
  records bytea NOT NULL,
  CONSTRAINT archive_pointers_pkey PRIMARY KEY (batch, part, lo),
  CONSTRAINT archive_pointers_records_check CHECK ((((octet_length(records) >= 52) AND (octet_length(records) <= 7800)) AND ((octet_length(records) % 52) = 0)))
);

CREATE TABLE archive_policies (
  table_name text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  policy jsonb NOT NULL,
  set_by text NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT archive_policies_pkey PRIMARY KEY (table_name, version),
  CONSTRAINT archive_policies_version_check CHECK ((version > 0))
);

CREATE TABLE archive_restore_objects (
  restore uuid NOT NULL,
  batch integer NOT NULL,
  state text NOT NULL,
  tier text NOT NULL,
  asked_at timestamp with time zone,
  readable_until timestamp with time zone,
  next_seq integer NOT NULL DEFAULT 0,
  landed_rows integer NOT NULL DEFAULT 0,
  returned_rows integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  changed_at timestamp with time zone NOT NULL,
  error_code text,
  error_message text,
  CONSTRAINT archive_restore_objects_pkey PRIMARY KEY (restore, batch),
  CONSTRAINT archive_restore_objects_error CHECK (((state <> 'failed'::text) OR (error_code IS NOT NULL))),
  CONSTRAINT archive_restore_objects_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'restoring'::text, 'readable'::text, 'landed'::text, 'expired'::text, 'failed'::text])))
);

CREATE TABLE archive_restored_rows (
  restore uuid NOT NULL,
  batch integer NOT NULL,
  seq integer NOT NULL,
  original_id uuid NOT NULL,
  data_hash bytea NOT NULL,
  "row" text NOT NULL,
  _overflow jsonb,
  landed_at timestamp with time zone NOT NULL,
  returned_at timestamp with time zone,
  CONSTRAINT archive_restored_rows_pkey PRIMARY KEY (restore, batch, seq),
  CONSTRAINT archive_restored_rows_data_hash_check CHECK ((octet_length(data_hash) = 32)),
  CONSTRAINT archive_restored_rows_hash CHECK ((sha256(convert_to("row", 'UTF8'::name)) = data_hash))
);

CREATE TABLE archive_restores (
  id uuid NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  what jsonb NOT NULL,
  purpose text NOT NULL,
  tier text NOT NULL,
  days integer NOT NULL,
  mapping jsonb,
  quoted_cost numeric(30,12),
  currency text,
  prices_dated date,
  wait_ms bigint NOT NULL,
  requested_by text NOT NULL,
  requested_at timestamp with time zone NOT NULL,
  approved_by text,
  CONSTRAINT archive_restores_pkey PRIMARY KEY (id),
  CONSTRAINT archive_restores_days_check CHECK ((days > 0)),
  CONSTRAINT archive_restores_purpose_check CHECK ((purpose = ANY (ARRAY['read'::text, 'land'::text, 'return'::text]))),
  CONSTRAINT archive_restores_tier_check CHECK ((tier = ANY (ARRAY['Expedited'::text, 'Standard'::text, 'Bulk'::text]))),
  CONSTRAINT archive_restores_wait_ms_check CHECK ((wait_ms >= 0))
);

CREATE TABLE archive_returned (
  batch integer NOT NULL,
  seq integer NOT NULL,
  original_id uuid NOT NULL,
  restore uuid NOT NULL,
  returned_at timestamp with time zone NOT NULL,
  CONSTRAINT archive_returned_pkey PRIMARY KEY (batch, seq)
);

CREATE TABLE archive_runs (
  id uuid NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  policy_version integer NOT NULL,
  started_by text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  beat_at timestamp with time zone NOT NULL,
  state text NOT NULL,
  wanted text NOT NULL DEFAULT 'run'::text,
  phase text NOT NULL DEFAULT ''::text,
  rows_total bigint,
  rows_done bigint NOT NULL DEFAULT 0,
  rows_kept bigint NOT NULL DEFAULT 0,
  objects_done integer NOT NULL DEFAULT 0,
  bytes_done bigint NOT NULL DEFAULT 0,
  ended_at timestamp with time zone,
  error_code text,
  error_message text,
  CONSTRAINT archive_runs_pkey PRIMARY KEY (id),
  CONSTRAINT archive_runs_ended CHECK (((state = 'running'::text) = (ended_at IS NULL))),
  CONSTRAINT archive_runs_error CHECK (((state = 'failed'::text) = (error_code IS NOT NULL))),
  CONSTRAINT archive_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'stopped'::text, 'failed'::text]))),
  CONSTRAINT archive_runs_wanted_check CHECK ((wanted = ANY (ARRAY['run'::text, 'pause'::text, 'stop'::text])))
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

CREATE TABLE audit_secrets (
  name text COLLATE "C" NOT NULL,
  salt bytea NOT NULL,
  fingerprint bytea NOT NULL,
  CONSTRAINT audit_secrets_pkey PRIMARY KEY (name),
  CONSTRAINT audit_secrets_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
  CONSTRAINT audit_secrets_salt_check CHECK ((octet_length(salt) = 16))
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

CREATE TABLE console_people (
  subject text COLLATE "C" NOT NULL,
  claimed jsonb NOT NULL,
  said_at timestamp with time zone NOT NULL,
  CONSTRAINT console_people_pkey PRIMARY KEY (subject),
  CONSTRAINT console_people_claimed_check CHECK ((jsonb_typeof(claimed) = 'array'::text)),
  CONSTRAINT console_people_subject_check CHECK ((subject ~ '^person:[!-~]{1,200}$'::text))
);

CREATE TABLE console_sessions (
  id uuid NOT NULL,
  token_hash text NOT NULL,
  subject text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  authenticated_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT console_sessions_pkey PRIMARY KEY (id),
  CONSTRAINT console_sessions_token_hash_key UNIQUE (token_hash),
  CONSTRAINT console_sessions_bounded CHECK ((expires_at > created_at)),
  CONSTRAINT console_sessions_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'auditor'::text, 'operator'::text, 'admin'::text]))),
  CONSTRAINT console_sessions_subject_check CHECK ((subject ~ '^person:[!-~]{1,200}$'::text)),
  CONSTRAINT console_sessions_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE idempotency_keys (
  subject text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  response_code integer,
  response_body text,
  claimed_at timestamp with time zone NOT NULL,
  claim uuid,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (subject, key)
);

CREATE TABLE incident_events (
  id uuid NOT NULL,
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  incident_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  step smallint,
  CONSTRAINT incident_events_pkey PRIMARY KEY (id),
  CONSTRAINT incident_events_kind_check CHECK ((kind = ANY (ARRAY['opened'::text, 'reopened'::text, 'paged'::text, 'unheard'::text, 'acknowledged'::text, 'acknowledgement_expired'::text, 'noted'::text, 'inhibited'::text, 'released'::text, 'silenced'::text, 'resolved'::text])))
);

CREATE TABLE incident_silences (
  id uuid NOT NULL,
  event text NOT NULL,
  scope jsonb NOT NULL,
  reason text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  ended_by text,
  ended_at timestamp with time zone,
  CONSTRAINT incident_silences_pkey PRIMARY KEY (id),
  CONSTRAINT incident_silences_bounded CHECK (((ends_at > starts_at) AND (ends_at <= (starts_at + 'P31D'::interval)))),
  CONSTRAINT incident_silences_ended CHECK (((ended_by IS NULL) = (ended_at IS NULL)))
);

CREATE TABLE incidents (
  id uuid NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  event_type text COLLATE "C" NOT NULL,
  scope jsonb NOT NULL,
  severity text NOT NULL,
  status text NOT NULL,
  title text NOT NULL,
  payload jsonb NOT NULL,
  count bigint NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  as_of timestamp with time zone,
  group_key text NOT NULL,
  stepping_from timestamp with time zone NOT NULL,
  step smallint NOT NULL DEFAULT '-1'::integer,
  next_page_at timestamp with time zone,
  pages integer NOT NULL DEFAULT 0,
  inhibited_by uuid,
  acknowledged_at timestamp with time zone,
  acknowledged_by text,
  resolved_at timestamp with time zone,
  resolved_by text,
  resolution text,
  CONSTRAINT incidents_pkey PRIMARY KEY (id),
  CONSTRAINT incidents_acknowledged CHECK (((status <> 'acknowledged'::text) OR ((acknowledged_at IS NOT NULL) AND (acknowledged_by IS NOT NULL)))),
  CONSTRAINT incidents_count_check CHECK ((count > 0)),
  CONSTRAINT incidents_quiet CHECK (((status <> 'resolved'::text) OR (next_page_at IS NULL))),
  CONSTRAINT incidents_resolved CHECK ((((status = 'resolved'::text) = (resolved_at IS NOT NULL)) AND ((status = 'resolved'::text) = (resolved_by IS NOT NULL)))),
  CONSTRAINT incidents_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  CONSTRAINT incidents_status_check CHECK ((status = ANY (ARRAY['open'::text, 'acknowledged'::text, 'resolved'::text])))
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

CREATE TABLE notification_attempts (
  notification_id uuid NOT NULL,
  attempt integer NOT NULL,
  ordinal smallint NOT NULL,
  provider text NOT NULL,
  outcome text NOT NULL,
  status_code integer,
  provider_message_id text,
  error text,
  started_at timestamp with time zone NOT NULL,
  duration_ms integer NOT NULL,
  worker text NOT NULL,
  CONSTRAINT notification_attempts_pkey PRIMARY KEY (notification_id, attempt, ordinal),
  CONSTRAINT notification_attempts_attempt_check CHECK ((attempt > 0)),
  CONSTRAINT notification_attempts_duration_ms_check CHECK ((duration_ms >= 0)),
  CONSTRAINT notification_attempts_ordinal_check CHECK ((ordinal >= 0)),
  CONSTRAINT notification_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['delivered'::text, 'accepted'::text, 'throttled'::text, 'failed'::text, 'refused'::text, 'gone'::text, 'unknown'::text])))
);

CREATE TABLE notification_endpoints (
  id uuid NOT NULL,
  merchant_id uuid,
  team text COLLATE "C",
  channel text NOT NULL,
  recipient_hash bytea NOT NULL,
  label text NOT NULL,
  events text[] NOT NULL,
  min_severity text NOT NULL,
  locale text NOT NULL,
  zone text NOT NULL,
  quiet_from smallint,
  quiet_until smallint,
  digest text NOT NULL,
  digest_at smallint NOT NULL,
  status text NOT NULL,
  disabled_reason text,
  secret_version integer NOT NULL DEFAULT 1,
  previous_until timestamp with time zone,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamp with time zone,
  last_error text,
  last_success_at timestamp with time zone,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  deleted_at timestamp with time zone,
  CONSTRAINT notification_endpoints_pkey PRIMARY KEY (id),
  CONSTRAINT notification_endpoints_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'webhook'::text, 'slack'::text, 'telegram'::text, 'zalo'::text, 'sms'::text]))),
  CONSTRAINT notification_endpoints_digest_at_check CHECK (((digest_at >= 0) AND (digest_at <= 1439))),
  CONSTRAINT notification_endpoints_digest_check CHECK ((digest = ANY (ARRAY['off'::text, 'hourly'::text, 'daily'::text]))),
  CONSTRAINT notification_endpoints_disabled CHECK (((status = 'disabled'::text) = (disabled_reason IS NOT NULL))),
  CONSTRAINT notification_endpoints_events_check CHECK ((cardinality(events) > 0)),
  CONSTRAINT notification_endpoints_failing CHECK (((failures = 0) = (failing_since IS NULL))),
  CONSTRAINT notification_endpoints_failures_check CHECK ((failures >= 0)),
  CONSTRAINT notification_endpoints_locale_check CHECK ((locale = ANY (ARRAY['vi'::text, 'en'::text]))),
  CONSTRAINT notification_endpoints_min_severity_check CHECK ((min_severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  CONSTRAINT notification_endpoints_owner CHECK (((merchant_id IS NULL) <> (team IS NULL))),
  CONSTRAINT notification_endpoints_quiet CHECK (((quiet_from IS NULL) = (quiet_until IS NULL))),
  CONSTRAINT notification_endpoints_quiet_from_check CHECK (((quiet_from >= 0) AND (quiet_from <= 1439))),
  CONSTRAINT notification_endpoints_quiet_until_check CHECK (((quiet_until >= 0) AND (quiet_until <= 1439))),
  CONSTRAINT notification_endpoints_secret_version_check CHECK ((secret_version > 0)),
  CONSTRAINT notification_endpoints_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text]))),
  CONSTRAINT notification_endpoints_team_check CHECK ((team ~ '^[a-z][a-z0-9-]{0,39}$'::text))
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
  message_id text,
  endpoint_id uuid,
  team text,
  recipient_hash bytea,
  incident_id uuid,
  urgency text NOT NULL DEFAULT 'message'::text,
  locale text NOT NULL DEFAULT 'en'::text,
  attempts integer NOT NULL DEFAULT 0,
  round_from integer NOT NULL DEFAULT 0,
  round_at timestamp with time zone,
  claimed_by text,
  provider text,
  delivered_at timestamp with time zone,
  owner text,
  suppressed text,
  is_test boolean NOT NULL DEFAULT false,
  digest_key text,
  CONSTRAINT notification_logs_pkey PRIMARY KEY (id),
  CONSTRAINT notification_logs_event_key_key UNIQUE (event_key),
  CONSTRAINT notification_logs_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT notification_logs_due CHECK (((message_id IS NULL) OR ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'retrying'::text])) = (next_retry_at IS NOT NULL)))),
  CONSTRAINT notification_logs_retry_count_check CHECK ((retry_count >= 0)),
  CONSTRAINT notification_logs_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  CONSTRAINT notification_logs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'retrying'::text, 'dead'::text, 'suppressed'::text]))),
  CONSTRAINT notification_logs_suppressed CHECK (((status <> 'suppressed'::text) OR (suppressed IS NOT NULL))),
  CONSTRAINT notification_logs_urgency_check CHECK ((urgency = ANY (ARRAY['page'::text, 'message'::text, 'webhook'::text])))
);

CREATE TABLE notification_provider_state (
  name text NOT NULL,
  sealed bytea NOT NULL,
  expires_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT notification_provider_state_pkey PRIMARY KEY (name)
);

CREATE TABLE notification_recipients (
  hash bytea NOT NULL,
  channel text NOT NULL,
  masked text NOT NULL,
  sealed bytea,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT notification_recipients_pkey PRIMARY KEY (hash),
  CONSTRAINT notification_recipients_hash_check CHECK ((octet_length(hash) = 32))
);

CREATE TABLE notification_templates (
  event_type text NOT NULL,
  locale text NOT NULL,
  channel text NOT NULL,
  version integer NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  html text,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT notification_templates_pkey PRIMARY KEY (event_type, locale, channel, version),
  CONSTRAINT notification_templates_locale_check CHECK ((locale = ANY (ARRAY['vi'::text, 'en'::text]))),
  CONSTRAINT notification_templates_version_check CHECK ((version > 0))
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

CREATE TABLE payout_halts (
  id uuid NOT NULL,
  book text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL,
  report_id uuid,
  as_of timestamp with time zone,
  difference numeric,
  override_id uuid,
  requested_by text,
  until timestamp with time zone,
  unwaited boolean NOT NULL DEFAULT false,
  CONSTRAINT payout_halts_pkey PRIMARY KEY (id),
  CONSTRAINT payout_halts_book_version_key UNIQUE (book, version),
  CONSTRAINT payout_halts_id_book_subject_key UNIQUE (id, book, subject),
  CONSTRAINT payout_halts_bounded CHECK ((((kind = ANY (ARRAY['override_requested'::text, 'override_approved'::text])) = (until IS NOT NULL)) AND (until > at))),
  CONSTRAINT payout_halts_kind CHECK ((kind = ANY (ARRAY['halted'::text, 'released'::text, 'override_requested'::text, 'override_approved'::text, 'override_ended'::text]))),
  CONSTRAINT payout_halts_override CHECK ((((kind = ANY (ARRAY['override_approved'::text, 'override_ended'::text])) = (override_id IS NOT NULL)) AND ((override_id IS NULL) = (requested_by IS NULL)))),
  CONSTRAINT payout_halts_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT payout_halts_report CHECK (((kind <> ALL (ARRAY['halted'::text, 'released'::text])) OR ((report_id IS NOT NULL) AND (as_of IS NOT NULL)))),
  CONSTRAINT payout_halts_two_people CHECK (((kind <> 'override_approved'::text) OR (subject <> requested_by))),
  CONSTRAINT payout_halts_version_check CHECK ((version > 0))
);

CREATE TABLE payout_permissions (
  book text COLLATE "C" NOT NULL,
  state text NOT NULL,
  since timestamp with time zone NOT NULL,
  reason text NOT NULL,
  report_id uuid,
  report_as_of timestamp with time zone,
  report_observed_at timestamp with time zone,
  difference numeric,
  tolerance numeric,
  override_id uuid,
  override_until timestamp with time zone,
  override_difference numeric,
  verdict text,
  verdict_report_id uuid,
  verdict_as_of timestamp with time zone,
  verdict_observed_at timestamp with time zone,
  version bigint NOT NULL,
  CONSTRAINT payout_permissions_pkey PRIMARY KEY (book),
  CONSTRAINT payout_permissions_book_check CHECK ((book <> ''::text)),
  CONSTRAINT payout_permissions_override CHECK ((((override_id IS NULL) = (override_until IS NULL)) AND ((override_id IS NULL) OR (state = 'halted'::text)))),
  CONSTRAINT payout_permissions_report CHECK ((((report_id IS NULL) = (report_as_of IS NULL)) AND ((report_id IS NULL) = (report_observed_at IS NULL)))),
  CONSTRAINT payout_permissions_state_check CHECK ((state = ANY (ARRAY['permitted'::text, 'halted'::text]))),
  CONSTRAINT payout_permissions_verdict CHECK ((((verdict IS NULL) = (verdict_report_id IS NULL)) AND ((verdict IS NULL) = (verdict_as_of IS NULL)) AND ((verdict IS NULL) = (verdict_observed_at IS NULL)))),
  CONSTRAINT payout_permissions_verdict_check CHECK ((verdict = ANY (ARRAY['solvent'::text, 'deficit'::text]))),
  CONSTRAINT payout_permissions_version_check CHECK ((version >= 0))
);

CREATE TABLE payout_webhooks (
  halt_id uuid NOT NULL,
  body text NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamp with time zone NOT NULL,
  last_error text,
  created_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone,
  CONSTRAINT payout_webhooks_pkey PRIMARY KEY (halt_id),
  CONSTRAINT payout_webhooks_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT payout_webhooks_settled CHECK (((status = 'pending'::text) = (settled_at IS NULL))),
  CONSTRAINT payout_webhooks_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text])))
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

CREATE TABLE reconciliation_beats (
  reconciliation_id uuid NOT NULL,
  beat_at timestamp with time zone NOT NULL,
  CONSTRAINT reconciliation_beats_pkey PRIMARY KEY (reconciliation_id)
);

CREATE TABLE reconciliation_books (
  hash text NOT NULL,
  document text NOT NULL,
  first_used_at timestamp with time zone NOT NULL,
  CONSTRAINT reconciliation_books_pkey PRIMARY KEY (hash),
  CONSTRAINT reconciliation_books_hash CHECK ((hash = encode(sha256(convert_to(document, 'UTF8'::name)), 'hex'::text)))
);

CREATE TABLE reconciliation_break_events (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  break_id uuid NOT NULL,
  event text NOT NULL,
  at timestamp with time zone NOT NULL,
  report uuid,
  actor text,
  amount numeric NOT NULL,
  until timestamp with time zone,
  reason text,
  CONSTRAINT reconciliation_break_events_pkey PRIMARY KEY (id),
  CONSTRAINT reconciliation_break_events_accepted CHECK (((event = 'accepted'::text) = (actor IS NOT NULL))),
  CONSTRAINT reconciliation_break_events_event_check CHECK ((event = ANY (ARRAY['opened'::text, 'changed'::text, 'seen_earlier'::text, 'accepted'::text, 'reopened'::text, 'resolved'::text]))),
  CONSTRAINT reconciliation_break_events_reason CHECK (((event <> ALL (ARRAY['accepted'::text, 'reopened'::text])) OR (reason IS NOT NULL))),
  CONSTRAINT reconciliation_break_events_who CHECK (((report IS NULL) = (actor IS NOT NULL)))
);

CREATE TABLE reconciliation_breaks (
  id uuid NOT NULL,
  book text NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,
  line text,
  account text,
  currency text NOT NULL,
  amount numeric NOT NULL,
  text text NOT NULL,
  business_date date NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  first_as_of timestamp with time zone NOT NULL,
  first_seen_report uuid NOT NULL,
  last_as_of timestamp with time zone NOT NULL,
  last_seen_report uuid NOT NULL,
  state text NOT NULL,
  accepted_by text,
  accepted_at timestamp with time zone,
  accepted_reason text,
  accepted_amount numeric,
  accepted_until timestamp with time zone,
  resolved_at timestamp with time zone,
  resolved_as_of timestamp with time zone,
  resolved_by_report uuid,
  CONSTRAINT reconciliation_breaks_pkey PRIMARY KEY (id),
  CONSTRAINT reconciliation_breaks_accepted CHECK (((num_nonnulls(accepted_by, accepted_at, accepted_reason, accepted_amount) = ANY (ARRAY[0, 4])) AND ((accepted_until IS NULL) OR (accepted_at IS NOT NULL)) AND ((state <> 'accepted'::text) OR (accepted_at IS NOT NULL)))),
  CONSTRAINT reconciliation_breaks_kind_check CHECK ((kind = ANY (ARRAY['native'::text, 'late'::text, 'unexplained'::text]))),
  CONSTRAINT reconciliation_breaks_resolved CHECK (((num_nonnulls(resolved_at, resolved_as_of, resolved_by_report) =
CASE state
    WHEN 'resolved'::text THEN 3
    ELSE 0
END) AND ((resolved_as_of IS NULL) OR (resolved_as_of >= last_as_of)))),
  CONSTRAINT reconciliation_breaks_seen CHECK ((first_as_of <= last_as_of)),
  CONSTRAINT reconciliation_breaks_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'resolved'::text])))
);

CREATE TABLE reconciliation_evidence (
  report_id uuid NOT NULL,
  book text NOT NULL,
  business_date date NOT NULL,
  seq integer NOT NULL,
  prev text NOT NULL,
  header text NOT NULL,
  header_hash text NOT NULL,
  book_hash text NOT NULL,
  inputs text NOT NULL,
  attempts text NOT NULL,
  CONSTRAINT reconciliation_evidence_pkey PRIMARY KEY (report_id),
  CONSTRAINT reconciliation_evidence_book_prev_key UNIQUE (book, prev),
  CONSTRAINT reconciliation_evidence_book_seq_key UNIQUE (book, seq),
  CONSTRAINT reconciliation_evidence_header_hash_key UNIQUE (header_hash),
  CONSTRAINT reconciliation_evidence_first CHECK (((seq = 0) = (prev = repeat('0'::text, 64)))),
  CONSTRAINT reconciliation_evidence_hash CHECK ((header_hash = encode(sha256(convert_to(header, 'UTF8'::name)), 'hex'::text))),
  CONSTRAINT reconciliation_evidence_header CHECK (((((header)::jsonb ->> 'report_id'::text) = (report_id)::text) AND (((header)::jsonb ->> 'book'::text) = book) AND (((header)::jsonb ->> 'seq'::text) = (seq)::text) AND (((header)::jsonb ->> 'prev'::text) = prev) AND (((header)::jsonb ->> 'book_hash'::text) = book_hash) AND (((header)::jsonb ->> 'inputs_hash'::text) = encode(sha256(convert_to(inputs, 'UTF8'::name)), 'hex'::text)) AND (((header)::jsonb ->> 'attempts_hash'::text) = encode(sha256(convert_to(attempts, 'UTF8'::name)), 'hex'::text)))),
  CONSTRAINT reconciliation_evidence_prev_check CHECK ((prev ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT reconciliation_evidence_seq_check CHECK ((seq >= 0))
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
  solvent boolean,
  explained boolean,
  net_low_vnd numeric,
  net_high_vnd numeric,
  unexplained_vnd numeric,
  as_of timestamp with time zone,
  as_of_basis text,
  snapshot text,
  kind character varying(10) NOT NULL DEFAULT 'daily'::character varying,
  worker text,
  CONSTRAINT reconciliation_logs_pkey PRIMARY KEY (id),
  CONSTRAINT reconciliation_logs_attempts UNIQUE (book, kind, business_date, attempt),
  CONSTRAINT reconciliation_logs_chain UNIQUE (id, book, kind, business_date),
  CONSTRAINT reconciliation_logs_supersedes_key UNIQUE (supersedes),
  CONSTRAINT reconciliation_logs_alerted CHECK ((((status)::text <> 'deficit'::text) OR alert_triggered)),
  CONSTRAINT reconciliation_logs_amounts CHECK ((((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])) = ((total_assets_vnd IS NOT NULL) AND (total_liabilities_vnd IS NOT NULL) AND (difference_vnd IS NOT NULL)))),
  CONSTRAINT reconciliation_logs_as_of CHECK ((((as_of IS NULL) = (as_of_basis IS NULL)) AND (as_of <= observed_at))),
  CONSTRAINT reconciliation_logs_as_of_basis_check CHECK ((as_of_basis = ANY (ARRAY['cut'::text, 'snapshot'::text]))),
  CONSTRAINT reconciliation_logs_attempt_check CHECK ((attempt > 0)),
  CONSTRAINT reconciliation_logs_difference CHECK ((difference_vnd = (total_assets_vnd - total_liabilities_vnd))),
  CONSTRAINT reconciliation_logs_explained CHECK ((explained = (abs(unexplained_vnd) <= tolerance_vnd))),
  CONSTRAINT reconciliation_logs_finished CHECK ((((status)::text = 'in_progress'::text) = (reconciled_at IS NULL))),
  CONSTRAINT reconciliation_logs_insolvent_alerted CHECK (((solvent IS NOT FALSE) OR alert_triggered)),
  CONSTRAINT reconciliation_logs_intraday CHECK ((((kind)::text = 'daily'::text) OR (supersedes IS NULL))),
  CONSTRAINT reconciliation_logs_kind CHECK (((kind)::text = ANY ((ARRAY['daily'::character varying, 'intraday'::character varying])::text[]))),
  CONSTRAINT reconciliation_logs_reason CHECK ((((status)::text = 'error'::text) = (error_message IS NOT NULL))),
  CONSTRAINT reconciliation_logs_report_hash_check CHECK ((report_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT reconciliation_logs_solvent CHECK ((solvent = (net_low_vnd >= (- tolerance_vnd)))),
  CONSTRAINT reconciliation_logs_status CHECK (((status)::text = ANY ((ARRAY['in_progress'::character varying, 'balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying, 'error'::character varying])::text[]))),
  CONSTRAINT reconciliation_logs_supersedes CHECK (((supersedes IS NULL) OR ((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])))),
  CONSTRAINT reconciliation_logs_tolerance_vnd_check CHECK ((tolerance_vnd >= (0)::numeric)),
  CONSTRAINT reconciliation_logs_truth CHECK (((num_nonnulls(solvent, explained, net_low_vnd, net_high_vnd, unexplained_vnd) = ANY (ARRAY[0, 5])) AND ((solvent IS NULL) OR ((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[]))))),
  CONSTRAINT reconciliation_logs_unknown CHECK ((((status)::text <> ALL ((ARRAY['in_progress'::character varying, 'error'::character varying])::text[])) OR ((total_assets_vnd IS NULL) AND (total_liabilities_vnd IS NULL) AND (difference_vnd IS NULL)))),
  CONSTRAINT reconciliation_logs_verdict CHECK (
CASE status
    WHEN 'balanced'::text THEN (abs(difference_vnd) <= tolerance_vnd)
    WHEN 'surplus'::text THEN (difference_vnd > tolerance_vnd)
    WHEN 'deficit'::text THEN (difference_vnd < (- tolerance_vnd))
    ELSE true
END)
);

CREATE TABLE reconciliation_missing (
  book text NOT NULL,
  kind character varying(10) NOT NULL,
  subject text NOT NULL,
  raised_at timestamp with time zone NOT NULL,
  resolved_at timestamp with time zone,
  CONSTRAINT reconciliation_missing_pkey PRIMARY KEY (book, kind, subject),
  CONSTRAINT reconciliation_missing_kind_check CHECK (((kind)::text = ANY ((ARRAY['daily'::character varying, 'intraday'::character varying])::text[])))
);

CREATE TABLE reconciliation_watches (
  book text NOT NULL,
  since timestamp with time zone NOT NULL,
  CONSTRAINT reconciliation_watches_pkey PRIMARY KEY (book)
);

CREATE TABLE statement_matching_lines (
  matching_id uuid NOT NULL,
  place bigint NOT NULL,
  side text COLLATE "C" NOT NULL,
  line_id text COLLATE "C" NOT NULL,
  booked_on date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  amount numeric NOT NULL,
  reference text NOT NULL,
  counterparty text NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  set_number bigint,
  rule text,
  reason text,
  CONSTRAINT statement_matching_lines_pkey PRIMARY KEY (matching_id, place),
  CONSTRAINT statement_matching_lines_matching_id_side_line_id_key UNIQUE (matching_id, side, line_id),
  CONSTRAINT statement_matching_lines_outcome_check CHECK ((outcome = ANY (ARRAY['matched'::text, 'ambiguous'::text, 'unmatched'::text]))),
  CONSTRAINT statement_matching_lines_reason CHECK (((outcome = 'matched'::text) = (reason IS NULL))),
  CONSTRAINT statement_matching_lines_set CHECK ((((outcome = 'unmatched'::text) = (set_number IS NULL)) AND ((outcome = 'unmatched'::text) = (rule IS NULL)))),
  CONSTRAINT statement_matching_lines_side_check CHECK ((side = ANY (ARRAY['external'::text, 'ledger'::text])))
);

CREATE TABLE statement_matchings (
  id uuid NOT NULL,
  account text COLLATE "C" NOT NULL,
  first_day date NOT NULL,
  last_day date NOT NULL,
  attempt integer NOT NULL,
  supersedes uuid,
  started_by text NOT NULL,
  policy text NOT NULL,
  policy_version integer NOT NULL,
  policy_hash text NOT NULL,
  engine integer NOT NULL,
  external_hash text NOT NULL,
  ledger_hash text NOT NULL,
  status text NOT NULL,
  matches bigint NOT NULL,
  totals jsonb NOT NULL,
  result_hash text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT statement_matchings_pkey PRIMARY KEY (id),
  CONSTRAINT statement_matchings_account_first_day_last_day_attempt_key UNIQUE (account, first_day, last_day, attempt),
  CONSTRAINT statement_matchings_id_account_first_day_last_day_key UNIQUE (id, account, first_day, last_day),
  CONSTRAINT statement_matchings_supersedes_key UNIQUE (supersedes),
  CONSTRAINT statement_matchings_account_check CHECK ((account <> ''::text)),
  CONSTRAINT statement_matchings_attempt_check CHECK ((attempt > 0)),
  CONSTRAINT statement_matchings_chain CHECK (((attempt = 1) = (supersedes IS NULL))),
  CONSTRAINT statement_matchings_days CHECK ((first_day <= last_day)),
  CONSTRAINT statement_matchings_external_hash_check CHECK ((external_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT statement_matchings_ledger_hash_check CHECK ((ledger_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT statement_matchings_matches_check CHECK ((matches >= 0)),
  CONSTRAINT statement_matchings_policy_hash_check CHECK ((policy_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT statement_matchings_result_hash_check CHECK ((result_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT statement_matchings_status_check CHECK ((status = ANY (ARRAY['complete'::text, 'open'::text])))
);

ALTER TABLE api_key_uses ADD CONSTRAINT api_key_uses_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(id);

ALTER TABLE approval_denials ADD CONSTRAINT approval_denials_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id);

ALTER TABLE archive_deletion_permits ADD CONSTRAINT archive_deletion_permits_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id);

ALTER TABLE archive_deletion_permits ADD CONSTRAINT archive_deletion_permits_table_name_policy_version_fkey FOREIGN KEY (table_name, policy_version) REFERENCES archive_policies(table_name, version);

ALTER TABLE archive_held_objects ADD CONSTRAINT archive_held_objects_batch_fkey FOREIGN KEY (batch) REFERENCES archive_batches(no);

ALTER TABLE archive_held_objects ADD CONSTRAINT archive_held_objects_hold_fkey FOREIGN KEY (hold) REFERENCES archive_holds(id);

ALTER TABLE archive_manifests ADD CONSTRAINT archive_manifests_batch_fkey FOREIGN KEY (batch) REFERENCES archive_batches(no);

ALTER TABLE archive_restore_objects ADD CONSTRAINT archive_restore_objects_batch_fkey FOREIGN KEY (batch) REFERENCES archive_batches(no);

ALTER TABLE archive_restore_objects ADD CONSTRAINT archive_restore_objects_restore_fkey FOREIGN KEY (restore) REFERENCES archive_restores(id);

ALTER TABLE archive_restored_rows ADD CONSTRAINT archive_restored_rows_restore_batch_fkey FOREIGN KEY (restore, batch) REFERENCES archive_restore_objects(restore, batch);

ALTER TABLE archive_returned ADD CONSTRAINT archive_returned_restore_fkey FOREIGN KEY (restore) REFERENCES archive_restores(id);

ALTER TABLE incident_events ADD CONSTRAINT incident_events_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents(id);

ALTER TABLE incidents ADD CONSTRAINT incidents_inhibited_by_fkey FOREIGN KEY (inhibited_by) REFERENCES incidents(id);

ALTER TABLE notification_endpoints ADD CONSTRAINT notification_endpoints_recipient_hash_fkey FOREIGN KEY (recipient_hash) REFERENCES notification_recipients(hash);

ALTER TABLE payout_halts ADD CONSTRAINT payout_halts_book_fkey FOREIGN KEY (book) REFERENCES payout_permissions(book);

ALTER TABLE payout_halts ADD CONSTRAINT payout_halts_override_id_book_requested_by_fkey FOREIGN KEY (override_id, book, requested_by) REFERENCES payout_halts(id, book, subject);

ALTER TABLE payout_webhooks ADD CONSTRAINT payout_webhooks_halt_id_fkey FOREIGN KEY (halt_id) REFERENCES payout_halts(id);

ALTER TABLE proof_verifications ADD CONSTRAINT proof_verifications_proof_id_fkey FOREIGN KEY (proof_id) REFERENCES liability_proofs(id);

ALTER TABLE rate_quotes ADD CONSTRAINT rate_quotes_policy_hash_fkey FOREIGN KEY (policy_hash) REFERENCES rate_policies(policy_hash);

ALTER TABLE reconciliation_break_events ADD CONSTRAINT reconciliation_break_events_break_id_fkey FOREIGN KEY (break_id) REFERENCES reconciliation_breaks(id);

ALTER TABLE reconciliation_evidence ADD CONSTRAINT reconciliation_evidence_book_hash_fkey FOREIGN KEY (book_hash) REFERENCES reconciliation_books(hash);

ALTER TABLE reconciliation_logs ADD CONSTRAINT reconciliation_logs_superseded FOREIGN KEY (supersedes, book, kind, business_date) REFERENCES reconciliation_logs(id, book, kind, business_date);

ALTER TABLE statement_matching_lines ADD CONSTRAINT statement_matching_lines_matching_id_fkey FOREIGN KEY (matching_id) REFERENCES statement_matchings(id);

ALTER TABLE statement_matchings ADD CONSTRAINT statement_matchings_supersedes_account_first_day_last_day_fkey FOREIGN KEY (supersedes, account, first_day, last_day) REFERENCES statement_matchings(id, account, first_day, last_day);

CREATE INDEX approval_denials_newest ON public.approval_denials USING btree (at DESC, id DESC);

CREATE INDEX approvals_newest ON public.approvals USING btree (requested_at DESC, id DESC);

CREATE UNIQUE INDEX approvals_one_pending ON public.approvals USING btree (action, payload_hash) WHERE (state = 'pending'::text);

CREATE INDEX approvals_open ON public.approvals USING btree (expires_at) WHERE (state = 'pending'::text);

CREATE INDEX archive_batches_find ON public.archive_batches USING btree (table_name, lo_id, hi_id) WHERE (state = ANY (ARRAY['committing'::text, 'committed'::text, 'sealed'::text]));

CREATE INDEX archive_batches_key ON public.archive_batches USING btree (object_key);

CREATE INDEX archive_batches_live ON public.archive_batches USING btree (table_name) WHERE (state <> ALL (ARRAY['sealed'::text, 'purged'::text, 'abandoned'::text]));

CREATE INDEX archive_held_objects_batch ON public.archive_held_objects USING btree (batch);

CREATE INDEX archive_holds_active ON public.archive_holds USING btree (table_name) WHERE (released_at IS NULL);

CREATE INDEX archive_restore_objects_live ON public.archive_restore_objects USING btree (batch) WHERE (state = ANY (ARRAY['requested'::text, 'restoring'::text, 'readable'::text]));

CREATE INDEX archive_restored_rows_id ON public.archive_restored_rows USING btree (original_id);

CREATE INDEX archive_restores_newest ON public.archive_restores USING btree (requested_at DESC, id DESC);

CREATE INDEX archive_runs_live ON public.archive_runs USING btree (table_name) WHERE (state = 'running'::text);

CREATE INDEX archive_runs_newest ON public.archive_runs USING btree (started_at DESC, id DESC);

CREATE UNIQUE INDEX audit_checkpoints_daily ON public.audit_checkpoints USING btree (size) WHERE (kind = 'daily'::text);

CREATE INDEX audit_checkpoints_newest ON public.audit_checkpoints USING btree (kind, size);

CREATE INDEX audit_leaves_record ON public.audit_leaves USING btree (hashtext(record_id));

CREATE INDEX console_sessions_expiry ON public.console_sessions USING btree (expires_at);

CREATE INDEX console_sessions_living ON public.console_sessions USING btree (subject) WHERE (ended_at IS NULL);

CREATE INDEX incident_events_timeline ON public.incident_events USING btree (incident_id, seq);

CREATE INDEX incident_silences_live ON public.incident_silences USING btree (ends_at) WHERE (ended_at IS NULL);

CREATE INDEX incidents_due ON public.incidents USING btree (next_page_at) WHERE (next_page_at IS NOT NULL);

CREATE INDEX incidents_fingerprint ON public.incidents USING btree (fingerprint, resolved_at DESC);

CREATE INDEX incidents_inhibited ON public.incidents USING btree (inhibited_by) WHERE (inhibited_by IS NOT NULL);

CREATE INDEX incidents_live ON public.incidents USING btree (event_type) WHERE (status <> 'resolved'::text);

CREATE INDEX incidents_newest ON public.incidents USING btree (opened_at DESC, id DESC);

CREATE UNIQUE INDEX incidents_one_live ON public.incidents USING btree (fingerprint) WHERE (status <> 'resolved'::text);

CREATE INDEX liability_proofs_date ON public.liability_proofs USING btree (book, asset, business_date, seq DESC);

CREATE UNIQUE INDEX manual_rates_one_a_pair ON public.manual_rates USING btree (pair) WHERE (ended_at IS NULL);

CREATE INDEX notification_endpoints_merchant ON public.notification_endpoints USING btree (merchant_id) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX notification_endpoints_once ON public.notification_endpoints USING btree (COALESCE((merchant_id)::text, team), channel, recipient_hash) WHERE (deleted_at IS NULL);

CREATE INDEX notification_endpoints_team ON public.notification_endpoints USING btree (team) WHERE (deleted_at IS NULL);

CREATE INDEX notification_logs_dead ON public.notification_logs USING btree (created_at DESC, id DESC) WHERE (status = 'dead'::text);

CREATE INDEX notification_logs_digest ON public.notification_logs USING btree (digest_key) WHERE (digest_key IS NOT NULL);

CREATE INDEX notification_logs_due ON public.notification_logs USING btree (next_retry_at) WHERE ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'retrying'::text])) AND (message_id IS NOT NULL) AND (urgency <> 'page'::text));

CREATE INDEX notification_logs_endpoint ON public.notification_logs USING btree (endpoint_id, created_at DESC) WHERE (endpoint_id IS NOT NULL);

CREATE INDEX notification_logs_incident ON public.notification_logs USING btree (incident_id, created_at) WHERE (incident_id IS NOT NULL);

CREATE INDEX notification_logs_merchant ON public.notification_logs USING btree (merchant_id, created_at DESC) WHERE (merchant_id IS NOT NULL);

CREATE INDEX notification_logs_newest ON public.notification_logs USING btree (created_at DESC, id DESC);

CREATE INDEX notification_logs_pages ON public.notification_logs USING btree (next_retry_at) WHERE ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'retrying'::text])) AND (message_id IS NOT NULL) AND (urgency = 'page'::text));

CREATE INDEX notification_logs_provider ON public.notification_logs USING btree (provider_message_id) WHERE (provider_message_id IS NOT NULL);

CREATE INDEX payment_quotes_newest ON public.payment_quotes USING btree (created_at DESC, id DESC);

CREATE UNIQUE INDEX payout_halts_one_approval ON public.payout_halts USING btree (override_id) WHERE (kind = 'override_approved'::text);

CREATE UNIQUE INDEX payout_halts_one_end ON public.payout_halts USING btree (override_id) WHERE (kind = 'override_ended'::text);

CREATE INDEX payout_webhooks_due ON public.payout_webhooks USING btree (next_attempt_at) WHERE (status = 'pending'::text);

CREATE INDEX rate_quotes_newest ON public.rate_quotes USING btree (pair, published_at DESC, quote_id DESC);

CREATE INDEX reconciliation_break_events_break ON public.reconciliation_break_events USING btree (break_id, id);

CREATE INDEX reconciliation_breaks_key ON public.reconciliation_breaks USING btree (book, key);

CREATE UNIQUE INDEX reconciliation_breaks_live ON public.reconciliation_breaks USING btree (book, key, currency) WHERE (state <> 'resolved'::text);

CREATE INDEX reconciliation_breaks_newest ON public.reconciliation_breaks USING btree (book, first_as_of DESC, id DESC);

CREATE INDEX reconciliation_evidence_date ON public.reconciliation_evidence USING btree (book, business_date);

CREATE INDEX reconciliation_logs_newest ON public.reconciliation_logs USING btree (started_at DESC, id DESC);

CREATE INDEX reconciliation_logs_newest_of_kind ON public.reconciliation_logs USING btree (book, kind, started_at DESC, id DESC);

CREATE UNIQUE INDEX reconciliation_logs_one_final ON public.reconciliation_logs USING btree (book, business_date) WHERE (((kind)::text = 'daily'::text) AND ((status)::text = ANY ((ARRAY['balanced'::character varying, 'surplus'::character varying, 'deficit'::character varying])::text[])) AND (supersedes IS NULL));

CREATE INDEX reconciliation_logs_open ON public.reconciliation_logs USING btree (book) WHERE ((status)::text = 'in_progress'::text);

CREATE INDEX reconciliation_missing_open ON public.reconciliation_missing USING btree (book) WHERE (resolved_at IS NULL);

CREATE INDEX statement_matchings_newest ON public.statement_matchings USING btree (created_at DESC, id DESC);

CREATE OR REPLACE FUNCTION public.approvals_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'approvals: DELETE refused, what was asked for and decided is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.reviewed_by IS NOT NULL OR (NEW.state <> 'pending' AND NOT NEW.break_glass) THEN
      RAISE EXCEPTION 'approvals: INSERT refused, a request is decided after it was made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.action, NEW.target, NEW.payload, NEW.payload_hash, NEW.reason, NEW.requested_by, NEW.requested_via, NEW.requested_at, NEW.expires_at, NEW.break_glass)
     IS DISTINCT FROM (OLD.id, OLD.action, OLD.target, OLD.payload, OLD.payload_hash, OLD.reason, OLD.requested_by, OLD.requested_via, OLD.requested_at, OLD.expires_at, OLD.break_glass) THEN
    RAISE EXCEPTION 'approvals: UPDATE refused, a request stands as it was made' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> 'pending' AND (NEW.state, NEW.decided_by, NEW.decided_via, NEW.decided_at, NEW.decision_reason, NEW.result)
     IS DISTINCT FROM (OLD.state, OLD.decided_by, OLD.decided_via, OLD.decided_at, OLD.decision_reason, OLD.result) THEN
    RAISE EXCEPTION 'approvals: UPDATE refused, what was decided stands' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.reviewed_by IS NOT NULL AND (NEW.reviewed_by, NEW.reviewed_at, NEW.review_note) IS DISTINCT FROM (OLD.reviewed_by, OLD.reviewed_at, OLD.review_note) THEN
    RAISE EXCEPTION 'approvals: UPDATE refused, a review stands' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.archive_batches_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.table_name, NEW.way, NEW.range_from, NEW.range_to, NEW.claimed_at)
       = (OLD.id, OLD.table_name, OLD.way, OLD.range_from, OLD.range_to, OLD.claimed_at)
     AND (OLD.state = 'claimed' OR (NEW.s3_bucket, NEW.object_key, NEW.row_count, NEW.object_bytes, NEW.object_sha256, NEW.merkle_root, NEW.index_sha256,
         NEW.manifest_key, NEW.manifest_sha256, NEW.previous_manifest_sha256, NEW.lo_id, NEW.hi_id)
       IS NOT DISTINCT FROM (OLD.s3_bucket, OLD.object_key, OLD.row_count, OLD.object_bytes, OLD.object_sha256, OLD.merkle_root, OLD.index_sha256,
         OLD.manifest_key, OLD.manifest_sha256, OLD.previous_manifest_sha256, OLD.lo_id, OLD.hi_id))
     AND (OLD.stored_bytes IS NULL OR (NEW.stored_bytes, NEW.stored_sha256) IS NOT DISTINCT FROM (OLD.stored_bytes, OLD.stored_sha256))
     AND NEW.fence >= OLD.fence
     AND (OLD.state NOT IN ('sealed', 'purged', 'abandoned') OR NEW.state = OLD.state) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'archive_batches: % refused, what a batch says of its object stays', TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.archive_find(of_table text, wanted uuid)
 RETURNS TABLE(batch integer, seq integer, data_hash bytea)
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found record;
  id bytea := uuid_send(wanted);
  low integer;
  high integer;
  middle integer;
BEGIN
  FOR found IN
    SELECT b.no, p.records FROM archive_batches b
    CROSS JOIN LATERAL generate_series(0, b.parts) AS piece (part)
    CROSS JOIN LATERAL (SELECT q.records FROM archive_all_pointers q WHERE q.batch = b.no AND q.part = piece.part AND q.lo <= wanted ORDER BY q.lo DESC LIMIT 1) AS p
    WHERE b.table_name = of_table AND b.state IN ('committing', 'committed', 'sealed') AND b.lo_id <= wanted AND b.hi_id >= wanted
    ORDER BY b.no DESC
  LOOP
    low := 0;
    high := octet_length(found.records) / 52;
    WHILE low < high LOOP
      middle := (low + high) / 2;
      IF substring(found.records FROM middle * 52 + 1 FOR 16) < id THEN
        low := middle + 1;
      ELSE
        high := middle;
      END IF;
    END LOOP;
    IF substring(found.records FROM low * 52 + 1 FOR 16) = id THEN
      batch := found.no;
      seq := ('x' || encode(substring(found.records FROM low * 52 + 17 FOR 4), 'hex'))::bit(32)::integer;
      data_hash := substring(found.records FROM low * 52 + 21 FOR 32);
      RETURN NEXT;
    END IF;
  END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION public.archive_holds_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.released_at IS NULL AND NEW.released_at IS NOT NULL
     AND (NEW.id, NEW.table_name, NEW.kind, NEW.column_name, NEW.column_type, NEW.held_from, NEW.held_to, NEW.reason, NEW.placed_by, NEW.placed_at)
       = (OLD.id, OLD.table_name, OLD.kind, OLD.column_name, OLD.column_type, OLD.held_from, OLD.held_to, OLD.reason, OLD.placed_by, OLD.placed_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'archive_holds: % refused, a legal hold is released and nothing else of it changes', TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.archive_number_id(number bigint)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT encode('\x0000000000000000'::bytea || int8send(number), 'hex')::uuid
$function$;

CREATE OR REPLACE FUNCTION public.archive_pointers_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('plumbline.archive_exchanges', true) = 'yes' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '%: % refused, pointers to archived rows are never changed', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

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
  bare boolean[];
BEGIN
  -- What was acknowledged survives a loss of power, whatever the session was told.
  PERFORM set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') IN ('off', 'local');
  IF leaves IS NULL OR leaves = 0 OR octet_length(data_hashes) <> 32 * leaves OR octet_length(leaf_hashes) <> 32 * leaves
     OR cardinality(seqs) <> leaves OR cardinality(follows) <> leaves OR cardinality(record_ids) <> leaves OR cardinality(ops) <> leaves OR cardinality(actors) <> leaves OR cardinality(idems) <> leaves
     OR cardinality(payload_at) <> cardinality(records) OR octet_length(salts) <> 32 * cardinality(records) THEN
    RAISE EXCEPTION 'audit: the parts of a batch differ in length' USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  bare := array_fill(cardinality(payload_at) = 0, ARRAY[leaves]);
  IF cardinality(payload_at) BETWEEN 1 AND leaves - 1 THEN
    SELECT array_agg(p.at IS NULL ORDER BY n) INTO bare FROM generate_series(1, leaves) AS n LEFT JOIN unnest(payload_at) AS p (at) ON p.at = n;
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
      new_at_us, actor, bare[ord]), 'UTF8'))
  ORDER BY ord; -- an index that only grows stays small where it is written in its order
  GET DIAGNOSTICS done = ROW_COUNT;
  PERFORM set_config('plumbline.appends', 'no', true);
  IF done <> leaves THEN
    RAISE EXCEPTION 'audit: % of % leaves are not what their fields hash to, or do not follow their stream''s head', leaves - done, leaves
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  UPDATE audit_streams s SET size = seqs[last] + 1, head = substring(leaf_hashes FROM (last - 1) * 32 + 1 FOR 32)
  FROM (
    SELECT stream_id, max(ord)::integer AS last FROM unnest(stream_ids) WITH ORDINALITY AS u (stream_id, ord) GROUP BY stream_id
  ) AS newest WHERE s.id = newest.stream_id;

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
      -- Hashes that the first of them begins with, and then those of the batch.
      INSERT INTO audit_tiles (level, n, hashes, root)
      SELECT 0, expected_size / 256 + t, substring(begun || leaf_hashes FROM t * 8192 + 1 FOR 8192), substring(tile_roots FROM t * 32 + 1 FOR 32)
      FROM generate_series(0, tiles - 1) AS t CROSS JOIN (
        SELECT coalesce(string_agg(leaf_hash, '' ORDER BY idx), '') AS begun
        FROM audit_leaves WHERE idx >= expected_size / 256 * 256 AND idx < expected_size
      ) AS before;
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
  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON audit_secrets TO %I', role);
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

CREATE OR REPLACE FUNCTION public.audit_leaf_text(stream text, seq bigint, record_id text, op text, data_hash bytea, previous_hash bytea, at_us bigint, actor text, bare boolean)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT 'plumbline/audit@v1' || chr(10) || stream || ' ' || seq::text || chr(10) || record_id || ' ' || op || chr(10)
    || encode(data_hash, 'hex') || ' ' || encode(previous_hash, 'hex') || CASE WHEN bare THEN ' bare' ELSE '' END || chr(10)
    || at_us::text || ' ' || actor || chr(10)
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
  called text;
  part text;
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
  FOREACH part IN ARRAY TG_ARGV[1]::text[] LOOP
    called := concat_ws(',', called, whole ->> part);
  END LOOP;
  IF audit_is_line(called, 512) IS NOT TRUE THEN
    called := 'sha256:' || encode(sha256(convert_to(coalesce(called, ''), 'UTF8')), 'hex');
  END IF;
  INSERT INTO audit_outbox (stream_id, record_id, op, actor, record)
    SELECT s.id, called, lower(TG_OP), said,
      (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each_text(whole - TG_ARGV[2]::text[]))
    FROM audit_streams s WHERE s.name = TG_ARGV[0];
  IF NOT FOUND THEN
    RAISE EXCEPTION 'audit: % is watched for the stream "%", which does not exist', TG_TABLE_NAME, TG_ARGV[0];
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.audit_watch_inserts()
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
  said_for smallint;
  said text := coalesce(nullif(current_setting('plumbline.actor', true), ''), session_user);
BEGIN
  IF NOT EXISTS (SELECT FROM audit_inserted) THEN
    RETURN NULL; -- called for every statement, of no rows as well
  END IF;
  SELECT s.id INTO said_for FROM audit_streams s WHERE s.name = TG_ARGV[0];
  IF said_for IS NULL THEN
    RAISE EXCEPTION 'audit: % is watched for the stream "%", which does not exist', TG_TABLE_NAME, TG_ARGV[0];
  END IF;
  INSERT INTO audit_outbox (stream_id, record_id, op, actor, record)
    SELECT said_for,
      CASE WHEN audit_is_line(called, 512) THEN called ELSE 'sha256:' || encode(sha256(convert_to(called, 'UTF8')), 'hex') END,
      'insert', said,
      (SELECT coalesce(jsonb_object(array_agg(key), array_agg(value)), '{}') FROM jsonb_each_text(whole - TG_ARGV[2]::text[]))
    FROM (
      SELECT whole, array_to_string(ARRAY(SELECT whole ->> part FROM unnest(TG_ARGV[1]::text[]) AS part), ',') AS called
      FROM (SELECT to_jsonb(r) AS whole FROM audit_inserted AS r OFFSET 0) AS rows OFFSET 0
    ) AS named;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.payout_permissions_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'payout_permissions: % refused, a book without a row has no payouts', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.book <> OLD.book OR NEW.version < OLD.version OR (NEW.version = OLD.version
      AND (NEW.state, NEW.since, NEW.override_id, NEW.override_until) IS DISTINCT FROM (OLD.state, OLD.since, OLD.override_id, OLD.override_until)) THEN
    RAISE EXCEPTION 'payout_permissions: UPDATE refused, a change of the permission has a version of its own' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state = 'halted' AND NEW.state = 'permitted'
     AND OLD.report_id IS NOT NULL AND ((NEW.report_as_of, NEW.report_observed_at) > (OLD.report_as_of, OLD.report_observed_at)) IS NOT TRUE THEN
    RAISE EXCEPTION 'payout_permissions: UPDATE refused, a halt is released by a later report' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.payouts_are_permitted(book text DEFAULT NULL::text, max_age interval DEFAULT NULL::interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  RETURN (SELECT refused IS NULL FROM payouts_look(book, max_age));
END $function$;

CREATE OR REPLACE FUNCTION public.payouts_grant(role name)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  EXECUTE format('REVOKE ALL ON payout_permissions, payout_halts, payout_webhooks FROM %I', role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION payouts_permitted, payouts_are_permitted TO %I', role);
END $function$;

CREATE OR REPLACE FUNCTION public.payouts_lock_key(book text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT hashtextextended('plumbline.payouts/' || book, 0)
$function$;

CREATE OR REPLACE FUNCTION public.payouts_look(asked text, max_age interval, OUT version bigint, OUT refused text, OUT why text)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
DECLARE
  of_book text := asked;
  books bigint;
  idle interval;
  p payout_permissions;
BEGIN
  IF pg_is_in_recovery() THEN
    refused := 'PL002';
    why := 'this server is a standby, which may not have heard of a halt yet: ask the primary';
    RETURN;
  END IF;
  IF of_book IS NULL THEN
    SELECT min(book), count(*) INTO of_book, books FROM payout_permissions;
    IF books <> 1 THEN
      refused := 'PL002';
      why := format('there are %s books with a payout permission: name the one that is meant', books);
      RETURN;
    END IF;
  END IF;
  -- A worker that hangs in its transaction is ended by the server, so that a halt need not wait for it for long.
  idle := current_setting('idle_in_transaction_session_timeout')::interval;
  IF idle = '0' OR idle > '10 seconds' THEN
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
  END IF;
  PERFORM pg_advisory_xact_lock_shared(payouts_lock_key(of_book));
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT * INTO p FROM payout_permissions WHERE book = of_book;
  ELSE
    -- The snapshot may be older than a halt: a row that was changed since is then a serialization failure.
    SELECT * INTO p FROM payout_permissions WHERE book = of_book FOR SHARE;
  END IF;
  IF p.book IS NULL THEN
    refused := 'PL002';
    why := format('book "%s" has no payout permission', left(of_book, 80));
    RETURN;
  END IF;
  version := p.version;
  IF p.state <> 'permitted' AND (p.override_until > clock_timestamp()) IS NOT TRUE THEN
    refused := 'PL001';
    why := format('payouts of book "%s" are halted since %s: %s', p.book, to_char(p.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), p.reason);
  ELSIF max_age IS NOT NULL AND (clock_timestamp() - p.verdict_as_of <= max_age) IS NOT TRUE THEN
    refused := 'PL003';
    why := format('the newest verdict on book "%s" %s, and %s is the oldest that is asked for', p.book,
      coalesce('speaks of ' || to_char(p.verdict_as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'is not made yet'), max_age);
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.payouts_permitted(book text DEFAULT NULL::text, max_age interval DEFAULT NULL::interval)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  seen record;
BEGIN
  SELECT * INTO seen FROM payouts_look(book, max_age);
  IF seen.refused IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = seen.refused, MESSAGE = 'payouts: ' || seen.why, HINT = CASE seen.refused
      WHEN 'PL001' THEN 'a later solvent report releases them, or an override that two people made: plumbline payouts permission'
      WHEN 'PL002' THEN 'the service makes the permission of its book when it starts: plumbline payouts permission'
      ELSE 'reconcile: plumbline reconcile run' END;
  END IF;
  RETURN seen.version;
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

CREATE OR REPLACE FUNCTION public.plumbline_reconciliation_breaks_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'resolved'
     AND (NEW.id, NEW.book, NEW.key, NEW.kind, NEW.currency, NEW.opened_at)
       = (OLD.id, OLD.book, OLD.key, OLD.kind, OLD.currency, OLD.opened_at)
     AND NEW.first_as_of <= OLD.first_as_of AND NEW.last_as_of >= OLD.last_as_of THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'reconciliation_breaks: % refused, a break keeps what it was, and a resolved one is never changed', TG_OP
    USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.plumbline_reconciliation_evidence_follows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.seq > 0 AND NOT EXISTS (SELECT FROM reconciliation_evidence e
      WHERE e.book = NEW.book AND e.seq = NEW.seq - 1 AND e.header_hash = NEW.prev) THEN
    RAISE EXCEPTION 'reconciliation_evidence: header % of book % does not follow the one before it', NEW.seq, NEW.book
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
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

CREATE OR REPLACE FUNCTION public.plumbline_reconciliation_logs_identity()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'reconciliation_logs: the kind and the worker of an attempt never change'
    USING ERRCODE = 'restrict_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.reconciliation_alert_derived()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  IF NEW.alert_triggered IS DISTINCT FROM EXISTS (SELECT FROM alert_receipts WHERE subject_id = NEW.id AND event_type LIKE 'solvency.%') THEN
    RAISE EXCEPTION 'reconciliation_logs: alert_triggered is %, and the receipts of report % say otherwise', NEW.alert_triggered, NEW.id
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'an alert is raised in the transaction that ends the attempt';
  END IF;
  RETURN NULL;
END $function$;

CREATE TRIGGER alert_receipts_rows BEFORE DELETE OR UPDATE ON public.alert_receipts FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER alert_receipts_truncate BEFORE TRUNCATE ON public.alert_receipts FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT ON public.alert_receipts FOR EACH ROW EXECUTE FUNCTION audit_watch('alert_receipts', '{subject_id,event_type}', '{}');

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION audit_watch('api_keys', '{id}', '{}');

CREATE TRIGGER approval_denials_rows BEFORE DELETE OR UPDATE ON public.approval_denials FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER approval_denials_truncate BEFORE TRUNCATE ON public.approval_denials FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.approval_denials FOR EACH ROW EXECUTE FUNCTION audit_watch('approval_denials', '{id}', '{}');

CREATE TRIGGER approvals_rows BEFORE INSERT OR DELETE OR UPDATE ON public.approvals FOR EACH ROW EXECUTE FUNCTION approvals_guard();

CREATE TRIGGER approvals_truncate BEFORE TRUNCATE ON public.approvals FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.approvals FOR EACH ROW EXECUTE FUNCTION audit_watch('approvals', '{id}', '{}');

CREATE TRIGGER archive_batches_rows BEFORE DELETE OR UPDATE ON public.archive_batches FOR EACH ROW EXECUTE FUNCTION archive_batches_guard();

CREATE TRIGGER archive_batches_truncate BEFORE TRUNCATE ON public.archive_batches FOR EACH STATEMENT EXECUTE FUNCTION archive_batches_guard();

CREATE TRIGGER archive_deletion_permits_rows BEFORE DELETE OR UPDATE ON public.archive_deletion_permits FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER archive_deletion_permits_truncate BEFORE TRUNCATE ON public.archive_deletion_permits FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.archive_deletion_permits FOR EACH ROW EXECUTE FUNCTION audit_watch('archive_deletion_permits', '{table_name}', '{}');

CREATE TRIGGER archive_holds_rows BEFORE DELETE OR UPDATE ON public.archive_holds FOR EACH ROW EXECUTE FUNCTION archive_holds_guard();

CREATE TRIGGER archive_holds_truncate BEFORE TRUNCATE ON public.archive_holds FOR EACH STATEMENT EXECUTE FUNCTION archive_holds_guard();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.archive_holds FOR EACH ROW EXECUTE FUNCTION audit_watch('archive_holds', '{id}', '{}');

CREATE TRIGGER archive_manifests_rows BEFORE DELETE OR UPDATE ON public.archive_manifests FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER archive_manifests_truncate BEFORE TRUNCATE ON public.archive_manifests FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER archive_pointer_parts_rows BEFORE DELETE OR UPDATE ON public.archive_pointer_parts FOR EACH ROW EXECUTE FUNCTION archive_pointers_guard();

CREATE TRIGGER archive_pointer_parts_truncate BEFORE TRUNCATE ON public.archive_pointer_parts FOR EACH STATEMENT EXECUTE FUNCTION archive_pointers_guard();

CREATE TRIGGER archive_pointers_rows BEFORE DELETE OR UPDATE ON public.archive_pointers FOR EACH ROW EXECUTE FUNCTION archive_pointers_guard();

CREATE TRIGGER archive_pointers_truncate BEFORE TRUNCATE ON public.archive_pointers FOR EACH STATEMENT EXECUTE FUNCTION archive_pointers_guard();

CREATE TRIGGER archive_policies_rows BEFORE DELETE OR UPDATE ON public.archive_policies FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER archive_policies_truncate BEFORE TRUNCATE ON public.archive_policies FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.archive_policies FOR EACH ROW EXECUTE FUNCTION audit_watch('archive_policies', '{table_name,version}', '{}');

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.archive_restores FOR EACH ROW EXECUTE FUNCTION audit_watch('archive_restores', '{id}', '{}');

CREATE TRIGGER archive_returned_rows BEFORE DELETE OR UPDATE ON public.archive_returned FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER archive_returned_truncate BEFORE TRUNCATE ON public.archive_returned FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

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

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE OF claimed ON public.console_people FOR EACH ROW EXECUTE FUNCTION audit_watch('console_people', '{subject}', '{}');

CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OF ended_at ON public.console_sessions FOR EACH ROW EXECUTE FUNCTION audit_watch('console_sessions', '{id}', '{token_hash,last_seen_at}');

CREATE TRIGGER audit_watched AFTER INSERT ON public.incident_events FOR EACH ROW EXECUTE FUNCTION audit_watch('incident_events', '{id}', '{}');

CREATE TRIGGER incident_events_rows BEFORE DELETE OR UPDATE ON public.incident_events FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER incident_events_truncate BEFORE TRUNCATE ON public.incident_events FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE ON public.incident_silences FOR EACH ROW EXECUTE FUNCTION audit_watch('incident_silences', '{id}', '{}');

CREATE TRIGGER incident_silences_stay BEFORE DELETE ON public.incident_silences FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER incidents_identity BEFORE UPDATE ON public.incidents FOR EACH ROW WHEN (((((((new.id IS DISTINCT FROM old.id) OR (new.fingerprint IS DISTINCT FROM old.fingerprint)) OR (new.event_type IS DISTINCT FROM old.event_type)) OR (new.scope IS DISTINCT FROM old.scope)) OR (new.opened_at IS DISTINCT FROM old.opened_at)) OR (new.count < old.count) OR (new.pages < old.pages))) EXECUTE FUNCTION audit_refused('what an incident is about stays, and its counters only grow');

CREATE TRIGGER incidents_stay BEFORE DELETE ON public.incidents FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER incidents_truncate BEFORE TRUNCATE ON public.incidents FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.liability_proofs FOR EACH ROW EXECUTE FUNCTION audit_watch('liability_proofs', '{id}', '{negatives}');

CREATE TRIGGER liability_proofs_follow BEFORE INSERT ON public.liability_proofs FOR EACH ROW EXECUTE FUNCTION plumbline_liability_proofs_follow();

CREATE TRIGGER liability_proofs_rows BEFORE DELETE OR UPDATE ON public.liability_proofs FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER liability_proofs_truncate BEFORE TRUNCATE ON public.liability_proofs FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.manual_rates FOR EACH ROW EXECUTE FUNCTION audit_watch('manual_rates', '{id}', '{}');

CREATE TRIGGER manual_rates_rows BEFORE DELETE OR UPDATE ON public.manual_rates FOR EACH ROW EXECUTE FUNCTION plumbline_manual_rates_guard();

CREATE TRIGGER manual_rates_truncate BEFORE TRUNCATE ON public.manual_rates FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT ON public.notification_attempts REFERENCING NEW TABLE AS audit_inserted FOR EACH STATEMENT EXECUTE FUNCTION audit_watch_inserts('notification_attempts', '{notification_id,attempt,ordinal}', '{}');

CREATE TRIGGER notification_attempts_rows BEFORE DELETE OR UPDATE ON public.notification_attempts FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER notification_attempts_truncate BEFORE TRUNCATE ON public.notification_attempts FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE OF events, min_severity, locale, zone, quiet_from, quiet_until, digest, digest_at, status, secret_version, deleted_at ON public.notification_endpoints FOR EACH ROW EXECUTE FUNCTION audit_watch('notification_endpoints', '{id}', '{failures,failing_since,last_error,last_success_at}');

CREATE TRIGGER notification_logs_said BEFORE UPDATE ON public.notification_logs FOR EACH ROW WHEN (((((((((((new.id IS DISTINCT FROM old.id) OR (new.event_key IS DISTINCT FROM old.event_key)) OR (new.channel IS DISTINCT FROM old.channel)) OR (new.event_type IS DISTINCT FROM old.event_type)) OR (new.recipient IS DISTINCT FROM old.recipient)) OR (new.recipient_hash IS DISTINCT FROM old.recipient_hash)) OR (new.message_id IS DISTINCT FROM old.message_id)) OR (new.endpoint_id IS DISTINCT FROM old.endpoint_id)) OR (new.created_at IS DISTINCT FROM old.created_at)) OR (new.attempts < old.attempts))) EXECUTE FUNCTION audit_refused('what was said, and to whom, is not changed');

CREATE TRIGGER notification_logs_state BEFORE UPDATE OF status ON public.notification_logs FOR EACH ROW WHEN ((NOT ((new.status = old.status) OR
        CASE old.status
            WHEN 'pending'::text THEN (new.status = ANY (ARRAY['sending'::text, 'sent'::text, 'suppressed'::text]))
            WHEN 'sending'::text THEN (new.status = ANY (ARRAY['sent'::text, 'delivered'::text, 'retrying'::text, 'dead'::text, 'suppressed'::text, 'pending'::text]))
            WHEN 'retrying'::text THEN (new.status = ANY (ARRAY['sending'::text, 'suppressed'::text, 'dead'::text]))
            WHEN 'sent'::text THEN (new.status = ANY (ARRAY['delivered'::text, 'dead'::text]))
            WHEN 'dead'::text THEN (new.status = 'retrying'::text)
            WHEN 'suppressed'::text THEN (new.status = 'retrying'::text)
            ELSE false
        END))) EXECUTE FUNCTION audit_refused('a notification does not go back to that state');

CREATE TRIGGER audit_watched AFTER INSERT ON public.notification_templates FOR EACH ROW EXECUTE FUNCTION audit_watch('notification_templates', '{event_type,locale,channel,version}', '{}');

CREATE TRIGGER notification_templates_rows BEFORE DELETE OR UPDATE ON public.notification_templates FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER notification_templates_truncate BEFORE TRUNCATE ON public.notification_templates FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.payment_quotes FOR EACH ROW EXECUTE FUNCTION audit_watch('payment_quotes', '{id}', '{}');

CREATE TRIGGER payment_quotes_rows BEFORE DELETE OR UPDATE ON public.payment_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_payment_quotes_guard();

CREATE TRIGGER payment_quotes_truncate BEFORE TRUNCATE ON public.payment_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.payout_halts FOR EACH ROW EXECUTE FUNCTION audit_watch('payout_halts', '{id}', '{}');

CREATE TRIGGER payout_halts_rows BEFORE DELETE OR UPDATE ON public.payout_halts FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER payout_halts_truncate BEFORE TRUNCATE ON public.payout_halts FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.payout_permissions FOR EACH ROW EXECUTE FUNCTION audit_watch('payout_permissions', '{book}', '{}');

CREATE TRIGGER payout_permissions_rows BEFORE DELETE OR UPDATE ON public.payout_permissions FOR EACH ROW EXECUTE FUNCTION payout_permissions_guard();

CREATE TRIGGER payout_permissions_truncate BEFORE TRUNCATE ON public.payout_permissions FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER proof_verifications_rows BEFORE DELETE OR UPDATE ON public.proof_verifications FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER proof_verifications_truncate BEFORE TRUNCATE ON public.proof_verifications FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.rate_operations FOR EACH ROW EXECUTE FUNCTION audit_watch('rate_operations', '{id}', '{}');

CREATE TRIGGER rate_operations_rows BEFORE DELETE OR UPDATE ON public.rate_operations FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_operations_truncate BEFORE TRUNCATE ON public.rate_operations FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_policies_rows BEFORE DELETE OR UPDATE ON public.rate_policies FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_policies_truncate BEFORE TRUNCATE ON public.rate_policies FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_quotes_rows BEFORE DELETE OR UPDATE ON public.rate_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER rate_quotes_truncate BEFORE TRUNCATE ON public.rate_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER reconciliation_books_rows BEFORE DELETE OR UPDATE ON public.reconciliation_books FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER reconciliation_books_truncate BEFORE TRUNCATE ON public.reconciliation_books FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.reconciliation_break_events FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_break_events', '{id}', '{}');

CREATE TRIGGER reconciliation_break_events_rows BEFORE DELETE OR UPDATE ON public.reconciliation_break_events FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER reconciliation_break_events_truncate BEFORE TRUNCATE ON public.reconciliation_break_events FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.reconciliation_breaks FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_breaks', '{id}', '{}');

CREATE TRIGGER audit_watched_changes AFTER UPDATE ON public.reconciliation_breaks FOR EACH ROW WHEN (((((old.state IS DISTINCT FROM new.state) OR (old.amount IS DISTINCT FROM new.amount)) OR (old.first_as_of IS DISTINCT FROM new.first_as_of)) OR (old.accepted_at IS DISTINCT FROM new.accepted_at))) EXECUTE FUNCTION audit_watch('reconciliation_breaks', '{id}', '{}');

CREATE TRIGGER reconciliation_breaks_rows BEFORE DELETE OR UPDATE ON public.reconciliation_breaks FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_breaks_guard();

CREATE TRIGGER reconciliation_breaks_truncate BEFORE TRUNCATE ON public.reconciliation_breaks FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_breaks_guard();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON public.reconciliation_evidence FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_evidence', '{report_id}', '{inputs,attempts}');

CREATE TRIGGER reconciliation_evidence_follows BEFORE INSERT ON public.reconciliation_evidence FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_evidence_follows();

CREATE TRIGGER reconciliation_evidence_rows BEFORE DELETE OR UPDATE ON public.reconciliation_evidence FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER reconciliation_evidence_truncate BEFORE TRUNCATE ON public.reconciliation_evidence FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.reconciliation_logs FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_logs', '{id}', '{}');

CREATE CONSTRAINT TRIGGER reconciliation_alert_derived AFTER UPDATE ON public.reconciliation_logs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((old.status)::text = 'in_progress'::text) AND ((new.status)::text <> 'in_progress'::text))) EXECUTE FUNCTION reconciliation_alert_derived();

CREATE TRIGGER reconciliation_logs_identity BEFORE UPDATE ON public.reconciliation_logs FOR EACH ROW WHEN ((((old.kind)::text IS DISTINCT FROM (new.kind)::text) OR (old.worker IS DISTINCT FROM new.worker))) EXECUTE FUNCTION plumbline_reconciliation_logs_identity();

CREATE TRIGGER reconciliation_logs_rows BEFORE DELETE OR UPDATE ON public.reconciliation_logs FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_logs_guard();

CREATE TRIGGER reconciliation_logs_truncate BEFORE TRUNCATE ON public.reconciliation_logs FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_logs_guard();

CREATE TRIGGER statement_matching_lines_rows BEFORE DELETE OR UPDATE ON public.statement_matching_lines FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER statement_matching_lines_truncate BEFORE TRUNCATE ON public.statement_matching_lines FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE OR UPDATE ON public.statement_matchings FOR EACH ROW EXECUTE FUNCTION audit_watch('statement_matchings', '{id}', '{}');

CREATE TRIGGER statement_matchings_rows BEFORE DELETE OR UPDATE ON public.statement_matchings FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER statement_matchings_truncate BEFORE TRUNCATE ON public.statement_matchings FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE VIEW archive_all_pointers AS
 SELECT batch,
    part,
    lo,
    records
   FROM archive_pointers
UNION ALL
 SELECT batch,
    part,
    lo,
    records
   FROM archive_pointer_parts;

CREATE VIEW archived_records AS
 SELECT encode(SUBSTRING(records FROM n * 52 + 1 FOR 16), 'hex'::text)::uuid AS original_id,
    table_name,
    s3_bucket::character varying AS s3_bucket,
    object_key::character varying AS archive_path,
    encode(SUBSTRING(records FROM n * 52 + 21 FOR 32), 'hex'::text)::character varying AS data_hash,
    storage_class::character varying AS storage_class,
    (('x'::text || encode(SUBSTRING(records FROM n * 52 + 17 FOR 4), 'hex'::text)))::bit(32)::integer AS row_number,
    id AS batch_id,
    row_count AS object_rows,
    object_bytes,
    raw_bytes AS object_raw_bytes,
    codec,
    range_from AS archived_from,
    range_to AS archived_to,
    committed_at AS archived_at,
        CASE
            WHEN batch IS NULL THEN restore_state
            ELSE 'returned'::text
        END AS restore_state,
    restore_tier,
    restore_requested_at,
    restored_until,
    returned_at
   FROM archive_batches b
     JOIN archive_all_pointers p ON batch = no
     CROSS JOIN LATERAL generate_series(0, octet_length(records) / 52 - 1) n(n)
     LEFT JOIN archive_returned r ON batch = no AND seq = (('x'::text || encode(SUBSTRING(records FROM n * 52 + 17 FOR 4), 'hex'::text)))::bit(32)::integer
  WHERE state = ANY (ARRAY['committing'::text, 'committed'::text, 'sealed'::text]);

CREATE VIEW reconciliation_alerts AS
 SELECT subject_id AS reconciliation_id,
    event_type,
    at AS raised_at,
    id AS incident_id,
    status AS incident_status,
    ( SELECT min(COALESCE(sent_at, delivered_at)) AS min
           FROM notification_logs n
          WHERE incident_id = id AND (status = ANY (ARRAY['sent'::text, 'delivered'::text]))) AS told_at,
    acknowledged_at,
    acknowledged_by
   FROM alert_receipts r
     LEFT JOIN LATERAL ( SELECT id,
            fingerprint,
            event_type,
            scope,
            severity,
            status,
            title,
            payload,
            count,
            opened_at,
            last_seen_at,
            as_of,
            group_key,
            stepping_from,
            step,
            next_page_at,
            pages,
            inhibited_by,
            acknowledged_at,
            acknowledged_by,
            resolved_at,
            resolved_by,
            resolution
           FROM incidents
          WHERE event_type = event_type AND opened_at <= at AND COALESCE(resolved_at, 'infinity'::timestamp with time zone) >= at AND (scope ->> 'book'::text) = (( SELECT book
                   FROM reconciliation_logs
                  WHERE id = subject_id))
          ORDER BY opened_at DESC
         LIMIT 1) i ON true;

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
