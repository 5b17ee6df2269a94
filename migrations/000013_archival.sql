-- Archival: rows that are old enough leave their table for an object in cold storage, and a pointer of 52
-- bytes stays for each. How an object and its manifest are made: docs/operations/archive-format.md.

-- What is archived of a table, and how. A change is a new version; the newest is in force.
CREATE TABLE archive_policies (
  table_name text COLLATE "C" NOT NULL, -- schema.table
  version    integer NOT NULL CHECK (version > 0),
  policy     jsonb NOT NULL,
  set_by     text NOT NULL,
  set_at     timestamptz NOT NULL,

  PRIMARY KEY (table_name, version)
);

-- Somebody or the schedule had a table archived, from start to end.
CREATE TABLE archive_runs (
  id             uuid PRIMARY KEY,
  table_name     text COLLATE "C" NOT NULL,
  policy_version integer NOT NULL,
  started_by     text NOT NULL,
  started_at     timestamptz NOT NULL,
  beat_at        timestamptz NOT NULL, -- its process lived then
  state          text NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed')),
  wanted         text NOT NULL DEFAULT 'run' CHECK (wanted IN ('run', 'pause', 'stop')),
  phase          text NOT NULL DEFAULT '',
  rows_total     bigint, -- old enough at the start
  rows_done      bigint NOT NULL DEFAULT 0,
  rows_kept      bigint NOT NULL DEFAULT 0,
  objects_done   integer NOT NULL DEFAULT 0,
  bytes_done     bigint NOT NULL DEFAULT 0, -- as they are stored
  ended_at       timestamptz,
  error_code     text,
  error_message  text,

  CONSTRAINT archive_runs_ended CHECK ((state = 'running') = (ended_at IS NULL)),
  CONSTRAINT archive_runs_error CHECK ((state = 'failed') = (error_code IS NOT NULL))
);
CREATE INDEX archive_runs_newest ON archive_runs (started_at DESC, id DESC);
CREATE INDEX archive_runs_live ON archive_runs (table_name) WHERE state = 'running';

-- One object, from the claim of its rows to the receipt beside it.
CREATE TABLE archive_batches (
  no                       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id                       uuid NOT NULL UNIQUE,
  table_name               text COLLATE "C" NOT NULL,
  policy_version           integer NOT NULL,
  way                      text NOT NULL CHECK (way IN ('rows', 'partition', 'purge')),
  state                    text NOT NULL CHECK (state IN ('claimed', 'exported', 'uploaded', 'verified', 'committing', 'committed', 'sealed', 'purged', 'abandoned')),
  fence                    bigint NOT NULL DEFAULT 1, -- grows with each taking over; who has an older one changes nothing
  range_from               text NOT NULL, -- of the archive column: included
  range_to                 text NOT NULL, -- not included
  partition                text, -- schema.table of the partition that is moved as a whole
  partition_bound          text, -- what it is attached by again: FOR VALUES FROM ... TO ...
  detached                 boolean NOT NULL DEFAULT false,
  claimed_at               timestamptz NOT NULL,
  changed_at               timestamptz NOT NULL,

  s3_bucket                text,
  object_key               text COLLATE "C",
  storage_class            text,
  version_id               text,
  codec                    text CHECK (codec IN ('zstd', 'gzip')),
  row_count                integer CHECK (row_count > 0),
  raw_bytes                bigint,
  object_bytes             bigint,
  object_sha256            bytea CHECK (octet_length(object_sha256) = 32),
  merkle_root              bytea CHECK (octet_length(merkle_root) = 32),
  index_sha256             bytea CHECK (octet_length(index_sha256) = 32), -- of the 52-byte records in the object's order
  manifest_key             text COLLATE "C",
  manifest_sha256          bytea CHECK (octet_length(manifest_sha256) = 32),
  previous_manifest_sha256 bytea CHECK (octet_length(previous_manifest_sha256) = 32),
  lo_id                    uuid, -- least and greatest original_id
  hi_id                    uuid,
  stored_bytes             bigint, -- as the store says: where objects are encrypted on their way, of what is stored
  stored_sha256            bytea CHECK (octet_length(stored_sha256) = 32),
  cooling_until            timestamptz,

  next_seq                 integer NOT NULL DEFAULT 0, -- rows of the object before this one were dealt with
  parts                    integer NOT NULL DEFAULT 0, -- of pointers, one a chunk, until they are put in order
  archived_rows            integer NOT NULL DEFAULT 0,
  kept_rows                integer NOT NULL DEFAULT 0, -- changed since the export, locked or referred to: they live on
  committed_at             timestamptz,
  receipt_key              text COLLATE "C",
  receipt_sha256           bytea CHECK (octet_length(receipt_sha256) = 32),
  abandoned_reason         text,
  swept                    boolean NOT NULL DEFAULT false, -- what was abandoned is gone from the store

  restore_state            text NOT NULL DEFAULT 'archived' CHECK (restore_state IN ('archived', 'restoring', 'restored', 'failed')),
  restore_tier             text,
  restore_requested_at     timestamptz,
  restored_until           timestamptz,

  CONSTRAINT archive_batches_object CHECK (
    state IN ('claimed', 'purged', 'abandoned') OR way = 'purge'
    OR num_nonnulls(s3_bucket, object_key, storage_class, codec, row_count, raw_bytes, object_bytes, object_sha256, merkle_root, index_sha256,
      manifest_key, manifest_sha256, lo_id, hi_id) = 14
  ),
  CONSTRAINT archive_batches_rows CHECK (
    next_seq = archived_rows + kept_rows AND (row_count IS NULL OR next_seq <= row_count)
    AND (state NOT IN ('committed', 'sealed') OR next_seq = row_count)
    AND (state IN ('committing', 'committed', 'sealed', 'purged') OR way = 'purge' OR next_seq = 0)
  ),
  CONSTRAINT archive_batches_sealed CHECK (state <> 'sealed' OR num_nonnulls(receipt_key, receipt_sha256, committed_at) = 3),
  CONSTRAINT archive_batches_abandoned CHECK ((state = 'abandoned') = (abandoned_reason IS NOT NULL) AND (state <> 'abandoned' OR archived_rows = 0))
);
CREATE INDEX archive_batches_live ON archive_batches (table_name) WHERE state NOT IN ('sealed', 'purged', 'abandoned');
CREATE INDEX archive_batches_find ON archive_batches (table_name, lo_id, hi_id) WHERE state IN ('committing', 'committed', 'sealed');
CREATE INDEX archive_batches_key ON archive_batches (object_key);

-- What an object is, as it stands beside the object: the bytes that `manifest_sha256` is of.
CREATE TABLE archive_manifests (
  batch integer PRIMARY KEY REFERENCES archive_batches (no),
  body  text NOT NULL
);

-- Pointers, packed: records of 52 bytes (16 original_id, 4 row of the object from 0, 32 data_hash), ascending
-- by original_id, at most 150 a row, which fills its page. Part 0 is in order over the whole batch; while rows
-- leave their table, each chunk adds a part of its own.
CREATE TABLE archive_pointers (
  batch   integer NOT NULL,
  part    integer NOT NULL,
  lo      uuid NOT NULL, -- the first original_id
  records bytea NOT NULL CHECK (octet_length(records) BETWEEN 52 AND 7800 AND octet_length(records) % 52 = 0),

  PRIMARY KEY (batch, part, lo)
);

-- Rows of an object that were left in their table, packed alike: the object has them, and they are not archived.
CREATE TABLE archive_kept (
  batch   integer NOT NULL,
  part    integer NOT NULL,
  lo      uuid NOT NULL,
  records bytea NOT NULL CHECK (octet_length(records) BETWEEN 52 AND 7800 AND octet_length(records) % 52 = 0),

  PRIMARY KEY (batch, part, lo)
);

-- Hashes do not compress, and outside of its row a record costs more than it needs.
ALTER TABLE archive_pointers ALTER records SET STORAGE PLAIN;
ALTER TABLE archive_kept ALTER records SET STORAGE PLAIN;

-- A pointer whose row is not in the object any more finds nothing: pointers are never changed. They are
-- exchanged for the same in better order, or taken out by a restore, both of which say so.
CREATE FUNCTION archive_pointers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('plumbline.archive_exchanges', true) = 'yes' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '%: % refused, pointers to archived rows are never changed', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER archive_pointers_rows BEFORE UPDATE OR DELETE ON archive_pointers FOR EACH ROW EXECUTE FUNCTION archive_pointers_guard();
CREATE TRIGGER archive_pointers_truncate BEFORE TRUNCATE ON archive_pointers FOR EACH STATEMENT EXECUTE FUNCTION archive_pointers_guard();

-- What a batch says of its object stays as it was written; a batch is never removed.
CREATE FUNCTION archive_batches_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
CREATE TRIGGER archive_batches_rows BEFORE UPDATE OR DELETE ON archive_batches FOR EACH ROW EXECUTE FUNCTION archive_batches_guard();
CREATE TRIGGER archive_batches_truncate BEFORE TRUNCATE ON archive_batches FOR EACH STATEMENT EXECUTE FUNCTION archive_batches_guard();

CREATE TRIGGER archive_policies_rows BEFORE UPDATE OR DELETE ON archive_policies FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER archive_policies_truncate BEFORE TRUNCATE ON archive_policies FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER archive_manifests_rows BEFORE UPDATE OR DELETE ON archive_manifests FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER archive_manifests_truncate BEFORE TRUNCATE ON archive_manifests FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- `archive_manifests` of the log gets what each manifest is, in the transaction that lets rows go.
INSERT INTO audit_streams (name, salted) VALUES ('archive_policies', false), ('archive_manifests', false), ('archive_purges', false);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON archive_policies FOR EACH ROW
  EXECUTE FUNCTION audit_watch('archive_policies', '{table_name,version}', '{}');

-- The original_id of a whole number: eight bytes of nothing, then the number.
CREATE FUNCTION archive_number_id(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT encode('\x0000000000000000'::bytea || int8send(number), 'hex')::uuid
$$;

-- Where the row with this id is: one step into the index for each batch whose ids reach around it.
CREATE FUNCTION archive_find(of_table text, wanted uuid) RETURNS TABLE (batch integer, seq integer, data_hash bytea) LANGUAGE plpgsql STABLE AS $$
DECLARE
  found record;
  id bytea := uuid_send(wanted);
  low integer;
  high integer;
  middle integer;
BEGIN
  FOR found IN
    SELECT b.no, p.records FROM archive_batches b
    CROSS JOIN LATERAL generate_series(least(b.parts, 1), b.parts) AS piece (part)
    CROSS JOIN LATERAL (SELECT q.records FROM archive_pointers q WHERE q.batch = b.no AND q.part = piece.part AND q.lo <= wanted ORDER BY q.lo DESC LIMIT 1) AS p
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
END $$;

-- A line for each archived row. For one row, `archive_find` is the way: this view unpacks every pointer.
CREATE VIEW archived_records AS
SELECT encode(substring(p.records FROM n * 52 + 1 FOR 16), 'hex')::uuid AS original_id,
  b.table_name,
  b.s3_bucket::varchar AS s3_bucket,
  b.object_key::varchar AS archive_path,
  encode(substring(p.records FROM n * 52 + 21 FOR 32), 'hex')::varchar AS data_hash,
  b.storage_class::varchar AS storage_class,
  ('x' || encode(substring(p.records FROM n * 52 + 17 FOR 4), 'hex'))::bit(32)::integer AS row_number,
  b.id AS batch_id,
  b.row_count AS object_rows,
  b.object_bytes,
  b.raw_bytes AS object_raw_bytes,
  b.codec,
  b.range_from AS archived_from,
  b.range_to AS archived_to,
  b.committed_at AS archived_at,
  b.restore_state,
  b.restore_tier,
  b.restore_requested_at,
  b.restored_until
FROM archive_batches b
JOIN archive_pointers p ON p.batch = b.no
CROSS JOIN LATERAL generate_series(0, octet_length(p.records) / 52 - 1) AS n
WHERE b.state IN ('committing', 'committed', 'sealed');
