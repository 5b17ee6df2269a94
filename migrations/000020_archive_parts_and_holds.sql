-- Archival: where the pointers of rows that are leaving are, and rows that are held.

-- Pointers of a batch whose rows are still leaving have a table of their own, a part for each chunk, until the batch
-- is committed. What is written into archive_pointers then stays for good, and its file has no room for anything else.

CREATE TABLE archive_pointer_parts (
  batch   integer NOT NULL,
  part    integer NOT NULL CHECK (part > 0),
  lo      uuid NOT NULL, -- the first original_id
  records bytea NOT NULL CHECK (octet_length(records) BETWEEN 52 AND 7800 AND octet_length(records) % 52 = 0),

  PRIMARY KEY (batch, part, lo)
);
ALTER TABLE archive_pointer_parts ALTER records SET STORAGE PLAIN;

-- A part is never changed; it goes when archive_pointers has its records.
CREATE TRIGGER archive_pointer_parts_rows BEFORE UPDATE OR DELETE ON archive_pointer_parts FOR EACH ROW EXECUTE FUNCTION archive_pointers_guard();
CREATE TRIGGER archive_pointer_parts_truncate BEFORE TRUNCATE ON archive_pointer_parts FOR EACH STATEMENT EXECUTE FUNCTION archive_pointers_guard();

-- All pointers. Part 0 is in order over its whole batch; parts of an earlier version may be in archive_pointers still.
CREATE VIEW archive_all_pointers AS
SELECT batch, part, lo, records FROM archive_pointers
UNION ALL
SELECT batch, part, lo, records FROM archive_pointer_parts;

-- Where the row with this id is: one step into the index for each batch whose ids reach around it, and for each
-- part of one whose rows are leaving.
CREATE OR REPLACE FUNCTION archive_find(of_table text, wanted uuid) RETURNS TABLE (batch integer, seq integer, data_hash bytea) LANGUAGE plpgsql STABLE AS $$
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
END $$;

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
JOIN archive_all_pointers p ON p.batch = b.no
CROSS JOIN LATERAL generate_series(0, octet_length(p.records) / 52 - 1) AS n
LEFT JOIN archive_returned r ON r.batch = b.no
  AND r.seq = ('x' || encode(substring(p.records FROM n * 52 + 17 FOR 4), 'hex'))::bit(32)::integer
WHERE b.state IN ('committing', 'committed', 'sealed');

-- Rows that somebody ordered to be kept, by the time they were written or by their keys. While it stands they do not
-- leave their table, and objects that have some of them are under the store's own legal hold.
CREATE TABLE archive_holds (
  id                  uuid PRIMARY KEY,
  table_name          text COLLATE "C" NOT NULL, -- schema.table
  kind                text NOT NULL CHECK (kind IN ('time', 'keys')),
  column_name         text NOT NULL, -- that the two below are of
  column_type         text NOT NULL,
  held_from           text NOT NULL, -- included
  held_to             text NOT NULL, -- of keys: included; of a time: not
  reason              text NOT NULL CHECK (reason <> ''),
  placed_by           text NOT NULL,
  placed_at           timestamptz NOT NULL,
  released_by         text,
  released_at         timestamptz,
  release_reason      text,
  release_approved_by text,

  CONSTRAINT archive_holds_released CHECK (num_nonnulls(released_by, released_at, release_reason) IN (0, 3) AND (release_approved_by IS NULL OR released_at IS NOT NULL))
);
CREATE INDEX archive_holds_active ON archive_holds (table_name) WHERE released_at IS NULL;

-- A hold is released once, and stays as it was placed.
CREATE FUNCTION archive_holds_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.released_at IS NULL AND NEW.released_at IS NOT NULL
     AND (NEW.id, NEW.table_name, NEW.kind, NEW.column_name, NEW.column_type, NEW.held_from, NEW.held_to, NEW.reason, NEW.placed_by, NEW.placed_at)
       = (OLD.id, OLD.table_name, OLD.kind, OLD.column_name, OLD.column_type, OLD.held_from, OLD.held_to, OLD.reason, OLD.placed_by, OLD.placed_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'archive_holds: % refused, a legal hold is released and nothing else of it changes', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER archive_holds_rows BEFORE UPDATE OR DELETE ON archive_holds FOR EACH ROW EXECUTE FUNCTION archive_holds_guard();
CREATE TRIGGER archive_holds_truncate BEFORE TRUNCATE ON archive_holds FOR EACH STATEMENT EXECUTE FUNCTION archive_holds_guard();

-- Objects with rows under a hold, and how far the store has been told.
CREATE TABLE archive_held_objects (
  hold         uuid NOT NULL REFERENCES archive_holds (id),
  batch        integer NOT NULL REFERENCES archive_batches (no),
  protected_at timestamptz, -- the store keeps the object, its manifest and its receipt
  lifted_at    timestamptz, -- after the release
  error_code   text,
  error_message text,

  PRIMARY KEY (hold, batch)
);
CREATE INDEX archive_held_objects_batch ON archive_held_objects (batch);

INSERT INTO audit_streams (name, salted) VALUES ('archive_holds', false);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON archive_holds FOR EACH ROW
  EXECUTE FUNCTION audit_watch('archive_holds', '{id}', '{}');
