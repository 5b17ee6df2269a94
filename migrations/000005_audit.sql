-- The audit log: a Merkle tree over leaves (RFC 6962) in which each stream's leaves are chained besides.
-- Leaves are written by `audit_append` alone, which recomputes every hash and every link.

-- The log, one a database. It has a row from the first start on.
CREATE TABLE audit_log (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one), -- row
  origin    text COLLATE "C" NOT NULL,
  zone      text NOT NULL, -- of its business dates
  size      bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  root      bytea NOT NULL DEFAULT sha256('') CHECK (octet_length(root) = 32),
  frontier  bytea NOT NULL DEFAULT '', -- the roots of its perfect subtrees, largest first
  at_us     bigint NOT NULL DEFAULT 0, -- of the newest leaf
  open_date date NOT NULL, -- days before this one are closed

  CONSTRAINT audit_log_frontier CHECK (octet_length(frontier) = 32 * length(replace(size::bit(64)::text, '0', '')))
);

CREATE TABLE audit_streams (
  id     smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name   text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_.]{0,63}$'),
  -- Whether what is recorded may name people: its hashes are salted then, so that nobody can guess.
  salted boolean NOT NULL,
  size   bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  head   bytea CHECK (octet_length(head) = 32), -- NULL: no leaf yet

  CONSTRAINT audit_streams_head CHECK ((head IS NULL) = (size = 0))
);

-- One line of text, without control characters.
CREATE FUNCTION audit_is_line(line text, longest integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT char_length(line) BETWEEN 1 AND longest AND line !~ '[\u0001-\u001f\u007f-\u009f]'
$$;

CREATE TABLE audit_leaves (
  idx        bigint PRIMARY KEY WITH (fillfactor = 100), -- it only grows, as `seq` does
  seq        bigint NOT NULL, -- in its stream
  at_us      bigint NOT NULL,
  stream_id  smallint NOT NULL,
  idem       uuid, -- of the key under which it was appended
  data_hash  bytea NOT NULL,
  leaf_hash  bytea NOT NULL,
  record_id  text COLLATE "C" NOT NULL,
  op         text COLLATE "C" NOT NULL,
  actor      text COLLATE "C" NOT NULL,

  CONSTRAINT audit_leaves_stream UNIQUE (stream_id, seq) WITH (fillfactor = 100),
  CONSTRAINT audit_leaves_idem UNIQUE (idem),
  CONSTRAINT audit_leaves_fields CHECK (
    -- A leaf's fields are told apart by line ends, and `op` by the space before it.
    strpos(record_id || actor || op, chr(10)) = 0 AND strpos(op, ' ') = 0 AND record_id <> '' AND op <> '' AND actor <> ''
    AND octet_length(data_hash) = 32
  )
);

CREATE INDEX audit_leaves_record ON audit_leaves (hashtext(record_id));

-- The first leaf of that time or later, where there is one: the log's time never goes back, so no index is needed for it.
CREATE FUNCTION audit_index_at(us bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- The full tiles (c2sp.org/tlog-tiles) and their roots; a partial one is made when it is asked for.
CREATE TABLE audit_tiles (
  level  smallint NOT NULL,
  n      bigint NOT NULL,
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
  root   bytea NOT NULL CHECK (octet_length(root) = 32),

  PRIMARY KEY (level, n)
);
ALTER TABLE audit_tiles ALTER hashes SET STORAGE EXTERNAL; -- hashes do not compress

-- What was recorded, apart from the leaves: it can be forgotten, and every proof still holds.
CREATE TABLE audit_payloads (
  idx    bigint PRIMARY KEY,
  salt   bytea CHECK (octet_length(salt) = 32),
  record text NOT NULL -- canonical JSON (RFC 8785)
);

-- Which payload was forgotten, and the leaf that says so.
CREATE TABLE audit_redactions (
  idx    bigint PRIMARY KEY,
  leaf   bigint NOT NULL,

  CONSTRAINT audit_redactions_later CHECK (leaf > idx)
);

-- The day-close leaves: the tree of that size is the tree of the day, its root the day's `merkle_root`.
CREATE TABLE audit_days (
  date      date PRIMARY KEY,
  first_idx bigint NOT NULL,
  size      bigint NOT NULL UNIQUE,
  root      bytea NOT NULL CHECK (octet_length(root) = 32),

  CONSTRAINT audit_days_leaf CHECK (size > first_idx)
);

-- Signed notes (c2sp.org/tlog-checkpoint) that are kept: of each day, and with the witnesses' signatures.
CREATE TABLE audit_checkpoints (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind      text NOT NULL CHECK (kind IN ('daily', 'witnessed')),
  size      bigint NOT NULL,
  note      text NOT NULL,
  signed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX audit_checkpoints_daily ON audit_checkpoints (size) WHERE kind = 'daily';
CREATE INDEX audit_checkpoints_newest ON audit_checkpoints (kind, size);

-- The newest signed note.
CREATE TABLE audit_published (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one), -- row
  size      bigint NOT NULL,
  note      text NOT NULL,
  signed_at timestamptz NOT NULL
);

-- What business transactions have said and no leaf stands for yet.
CREATE TABLE audit_outbox (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream_id smallint NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  op        text COLLATE "C" NOT NULL,
  actor     text COLLATE "C" NOT NULL,
  record    jsonb NOT NULL,
  said_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO audit_streams (name, salted) VALUES
  ('plumbline.days', false), ('plumbline.redactions', false), ('plumbline.operations', false),
  ('reconciliation_logs', false), ('rate_operations', false), ('manual_rates', false),
  ('payment_quotes', false), ('api_keys', false);

-- The leaf's text, from its fields. Stated here and in the program: neither trusts the other.
-- The casts make it immutable, so that it becomes part of the statement that calls it.
CREATE FUNCTION audit_leaf_text(
  stream text, seq bigint, record_id text, op text, data_hash bytea, previous_hash bytea, at_us bigint, actor text
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'plumbline/audit@v1' || chr(10) || stream || ' ' || seq::text || chr(10) || record_id || ' ' || op || chr(10)
    || encode(data_hash, 'hex') || ' ' || encode(previous_hash, 'hex') || chr(10) || at_us::text || ' ' || actor || chr(10)
$$;

-- What the first leaf of a stream names as the one before it.
CREATE FUNCTION audit_genesis(origin text, stream text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(convert_to('plumbline/audit@v1' || chr(10) || 'genesis ' || origin || ' ' || stream || chr(10), 'UTF8'))
$$;

-- Appends leaves at the end of a log that has `expected_size` of them, all or none. Where it has another
-- size by now, nothing is appended and the answer is NULL: somebody else came first.
-- Leaves are told apart by their place in the batch, from 1. `follows` is the place of the leaf that is its
-- stream's last before it, 0 where that is the stream's head. `tile_roots` are those of the tiles that the
-- batch fills, the lowest level first; `closes` is the day that the batch, one leaf, closes. Hashes are
-- concatenated; `payload_at` says to which of the leaves each payload belongs.
CREATE FUNCTION audit_append(
  expected_size bigint, new_at_us bigint, closes date,
  stream_ids smallint[], seqs bigint[], follows integer[], record_ids text[], ops text[], actors text[], idems uuid[],
  data_hashes bytea, leaf_hashes bytea, new_root bytea, new_frontier bytea, tile_roots bytea,
  payload_at integer[], salts bytea, records text[], redacted bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
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
END $$;

-- Says, in the caller's transaction, what is to be recorded: the leaf follows if that commits.
-- Numbers that are not whole are refused: a decimal is text, so that it has one form.
CREATE FUNCTION audit_capture(
  stream text, record_id text, op text, record jsonb,
  actor text DEFAULT coalesce(nullif(current_setting('plumbline.actor', true), ''), session_user)
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
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
END $$;

-- A row as it is recorded: every column as text, whatever the session's settings.
CREATE FUNCTION audit_row(whole jsonb, without text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each_text(whole - without)
$$;

-- The name of a row: its key's columns, or their hash where they are no single line.
CREATE FUNCTION audit_row_id(whole jsonb, key text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN audit_is_line(id, 512) THEN id ELSE 'sha256:' || encode(sha256(convert_to(coalesce(id, ''), 'UTF8')), 'hex') END
  FROM (SELECT string_agg(whole ->> k, ',' ORDER BY n) AS id FROM unnest(key) WITH ORDINALITY AS u (k, n)) AS named
$$;

-- Records each change of a watched table: trigger arguments are the stream, the key's columns, the columns left out.
CREATE FUNCTION audit_watch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'iso_8601' SET extra_float_digits = 1 SET bytea_output = 'hex' AS $$
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
END $$;

-- Why a change of the log is refused. What may pass is said by the triggers, which cost nothing then.
CREATE FUNCTION audit_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: % refused, %', TG_TABLE_NAME, TG_OP, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

-- Leaves are added by `audit_append` alone, also by the owner of the table: it says so for the time of its work.
CREATE TRIGGER audit_leaves_appended BEFORE INSERT ON audit_leaves FOR EACH STATEMENT
  WHEN (current_setting('plumbline.appends', true) IS DISTINCT FROM 'yes')
  EXECUTE FUNCTION audit_refused('leaves are appended by audit_append alone');

CREATE TRIGGER audit_log_grows BEFORE UPDATE ON audit_log FOR EACH ROW
  WHEN ((NEW.one, NEW.origin, NEW.zone) IS DISTINCT FROM (OLD.one, OLD.origin, OLD.zone)
    OR NEW.size <= OLD.size OR NEW.at_us < OLD.at_us OR NEW.open_date < OLD.open_date)
  EXECUTE FUNCTION audit_refused('the log only grows');
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refused('the log only grows');

CREATE TRIGGER audit_streams_grow BEFORE UPDATE ON audit_streams FOR EACH ROW
  WHEN ((NEW.id, NEW.name, NEW.salted) IS DISTINCT FROM (OLD.id, OLD.name, OLD.salted) OR NEW.size <= OLD.size)
  EXECUTE FUNCTION audit_refused('a stream only grows');
CREATE TRIGGER audit_streams_stay BEFORE DELETE ON audit_streams FOR EACH ROW EXECUTE FUNCTION audit_refused('a stream only grows');

CREATE FUNCTION audit_payloads_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM audit_redactions r WHERE r.idx = OLD.idx) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit_payloads: % refused, a payload is forgotten by a redaction alone', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_payloads_rows BEFORE UPDATE OR DELETE ON audit_payloads FOR EACH ROW EXECUTE FUNCTION audit_payloads_guard();

CREATE TRIGGER audit_published_grows BEFORE UPDATE ON audit_published FOR EACH ROW WHEN (NEW.size < OLD.size)
  EXECUTE FUNCTION audit_refused('a published checkpoint only grows');
CREATE TRIGGER audit_published_stays BEFORE DELETE ON audit_published FOR EACH ROW
  EXECUTE FUNCTION audit_refused('a published checkpoint only grows');

DO $$
DECLARE
  each text;
BEGIN
  FOREACH each IN ARRAY ARRAY['audit_leaves', 'audit_tiles', 'audit_days', 'audit_redactions', 'audit_checkpoints'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION plumbline_append_only()', each || '_rows', each);
  END LOOP;
  FOREACH each IN ARRAY ARRAY['audit_log', 'audit_streams', 'audit_leaves', 'audit_tiles', 'audit_payloads', 'audit_redactions', 'audit_days',
      'audit_checkpoints', 'audit_published'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only()', each || '_truncate', each);
  END LOOP;
  -- What runs with its owner's rights finds its tables in this schema alone, and not in a caller's temporary one.
  EXECUTE format('ALTER FUNCTION audit_append SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION audit_capture SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION audit_watch SET search_path = %I, pg_temp', current_schema());
  REVOKE ALL ON FUNCTION audit_append, audit_capture FROM PUBLIC;
END $$;

-- What a role may do that appends and reads, and no more: for the service where it does not own the tables.
CREATE FUNCTION audit_grant(role name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('REVOKE ALL ON audit_log, audit_streams, audit_leaves, audit_tiles, audit_payloads, audit_redactions, audit_days, audit_checkpoints, audit_published, audit_outbox FROM %I', role);
  EXECUTE format('GRANT SELECT ON audit_log, audit_streams, audit_leaves, audit_tiles, audit_payloads, audit_redactions, audit_days, audit_checkpoints, audit_published, audit_outbox, transaction_hashes TO %I', role);
  EXECUTE format('GRANT INSERT ON audit_log, audit_streams, audit_checkpoints, audit_published TO %I', role);
  EXECUTE format('GRANT UPDATE ON audit_published TO %I', role);
  EXECUTE format('GRANT UPDATE (one) ON audit_log TO %I', role); -- to lock its row, which is all that this column is good for
  EXECUTE format('GRANT DELETE ON audit_outbox TO %I', role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION audit_append, audit_capture TO %I', role);
END $$;
REVOKE ALL ON FUNCTION audit_grant FROM PUBLIC;

-- The specification's columns.
CREATE VIEW transaction_hashes AS
SELECT l.idx AS id, s.name AS table_name, l.record_id, l.op AS operation,
  encode(l.data_hash, 'hex') AS data_hash,
  encode(coalesce(p.leaf_hash, audit_genesis(g.origin, s.name)), 'hex') AS previous_hash,
  encode(l.leaf_hash, 'hex') AS leaf_hash,
  encode(d.root, 'hex') AS merkle_root, -- of the leaf's day, once that is closed
  coalesce(d.date, g.open_date) AS block_date,
  l.idx - coalesce(d.first_idx, (SELECT max(closed.size) FROM audit_days closed), 0) AS block_number,
  l.actor,
  to_timestamp(l.at_us / 1000000.0) AS created_at
FROM audit_leaves l
JOIN audit_streams s ON s.id = l.stream_id
CROSS JOIN audit_log g
LEFT JOIN audit_leaves p ON p.stream_id = l.stream_id AND p.seq = l.seq - 1
LEFT JOIN LATERAL (SELECT * FROM audit_days WHERE size > l.idx ORDER BY size LIMIT 1) AS d ON true;

CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON rate_operations FOR EACH ROW EXECUTE FUNCTION audit_watch('rate_operations', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON manual_rates FOR EACH ROW EXECUTE FUNCTION audit_watch('manual_rates', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON payment_quotes FOR EACH ROW EXECUTE FUNCTION audit_watch('payment_quotes', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON reconciliation_logs FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_logs', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION audit_watch('api_keys', '{id}', '{}');
