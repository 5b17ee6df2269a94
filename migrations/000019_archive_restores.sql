-- Archived rows come back: somebody asks for a row, an object or a time, the store takes hours, and what is
-- read then lands beside the table or goes back into it. docs/operations/restore.md.

-- What was asked for. What becomes of it stands in archive_restore_objects.
CREATE TABLE archive_restores (
  id           uuid PRIMARY KEY,
  table_name   text COLLATE "C" NOT NULL,
  what         jsonb NOT NULL, -- {"kind": "row" | "batch" | "object" | "range", ...}
  purpose      text NOT NULL CHECK (purpose IN ('read', 'land', 'return')),
  tier         text NOT NULL CHECK (tier IN ('Expedited', 'Standard', 'Bulk')),
  days         integer NOT NULL CHECK (days > 0),
  mapping      jsonb, -- from the columns of the archive to those of the table, where they differ
  quoted_cost  numeric(30,12), -- NULL: no price of this region is known
  currency     text,
  prices_dated date,
  wait_ms      bigint NOT NULL CHECK (wait_ms >= 0), -- the slow end, as it was quoted
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL,
  approved_by  text
);
CREATE INDEX archive_restores_newest ON archive_restores (requested_at DESC, id DESC);

-- One object of a request, from the question to the end.
CREATE TABLE archive_restore_objects (
  restore        uuid NOT NULL REFERENCES archive_restores (id),
  batch          integer NOT NULL REFERENCES archive_batches (no),
  state          text NOT NULL CHECK (state IN (
    'requested', -- the store is to be asked, or its answer was lost: it is asked again
    'restoring', -- the store works on it
    'readable',  -- until readable_until
    'landed',    -- its rows are in archive_restored_rows, or back in their table: the end
    'expired',   -- the copy went before it was used, or after it was read: the end
    'failed')),  -- the end; the message says why
  tier           text NOT NULL, -- that the store was asked for, or is to be
  asked_at       timestamptz,
  readable_until timestamptz, -- NULL where the object needs no copy
  next_seq       integer NOT NULL DEFAULT 0, -- rows of the object before this one have landed
  landed_rows    integer NOT NULL DEFAULT 0,
  returned_rows  integer NOT NULL DEFAULT 0,
  attempts       integer NOT NULL DEFAULT 0,
  changed_at     timestamptz NOT NULL,
  error_code     text,
  error_message  text,

  PRIMARY KEY (restore, batch),
  CONSTRAINT archive_restore_objects_error CHECK (state <> 'failed' OR error_code IS NOT NULL)
);
CREATE INDEX archive_restore_objects_live ON archive_restore_objects (batch) WHERE state IN ('requested', 'restoring', 'readable');

-- Rows as they were archived, byte for byte: a row that does not have its hash does not come in. Typed, with
-- the columns of today: SELECT t.* FROM archive_restored_rows a, json_populate_record(NULL::audit_logs, a.row::json) t.
CREATE TABLE archive_restored_rows (
  restore     uuid NOT NULL,
  batch       integer NOT NULL,
  seq         integer NOT NULL, -- row of the object, from 0
  original_id uuid NOT NULL,
  data_hash   bytea NOT NULL CHECK (octet_length(data_hash) = 32),
  row         text NOT NULL,
  _overflow   jsonb, -- of a row that went back: what its table of today has no place for
  landed_at   timestamptz NOT NULL,
  returned_at timestamptz,

  PRIMARY KEY (restore, batch, seq),
  FOREIGN KEY (restore, batch) REFERENCES archive_restore_objects (restore, batch),
  CONSTRAINT archive_restored_rows_hash CHECK (sha256(convert_to(row, 'UTF8')) = data_hash)
);
CREATE INDEX archive_restored_rows_id ON archive_restored_rows (original_id);

-- Pointers whose rows are in their table again. A pointer stays, since the object has the row still; it is
-- returned once, whoever asks how often.
CREATE TABLE archive_returned (
  batch       integer NOT NULL,
  seq         integer NOT NULL,
  original_id uuid NOT NULL,
  restore     uuid NOT NULL REFERENCES archive_restores (id),
  returned_at timestamptz NOT NULL,

  PRIMARY KEY (batch, seq)
);
CREATE TRIGGER archive_returned_rows BEFORE UPDATE OR DELETE ON archive_returned FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER archive_returned_truncate BEFORE TRUNCATE ON archive_returned FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- Who asked for what, and what went back into which table.
INSERT INTO audit_streams (name, salted) VALUES ('archive_restores', false), ('archive_returns', false);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON archive_restores FOR EACH ROW
  EXECUTE FUNCTION audit_watch('archive_restores', '{id}', '{}');

CREATE OR REPLACE VIEW archived_records AS
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
  CASE WHEN r.batch IS NULL THEN b.restore_state ELSE 'returned' END AS restore_state,
  b.restore_tier,
  b.restore_requested_at,
  b.restored_until,
  r.returned_at
FROM archive_batches b
JOIN archive_pointers p ON p.batch = b.no
CROSS JOIN LATERAL generate_series(0, octet_length(p.records) / 52 - 1) AS n
LEFT JOIN archive_returned r ON r.batch = b.no
  AND r.seq = ('x' || encode(substring(p.records FROM n * 52 + 17 FOR 4), 'hex'))::bit(32)::integer
WHERE b.state IN ('committing', 'committed', 'sealed');
