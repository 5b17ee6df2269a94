-- What a final report was made from, kept in its transaction, so that anybody can make it again
-- (docs/verify/reconciliation-bundles.md): the book as it was, the readings, the attempts before, and a
-- header that names the hashes of all of them. The headers of one book form a chain, in the order in
-- which its reports became final.
CREATE TABLE reconciliation_books (
  hash          text PRIMARY KEY,
  document      text NOT NULL, -- canonical JSON (RFC 8785)
  first_used_at timestamptz NOT NULL,

  CONSTRAINT reconciliation_books_hash CHECK (hash = encode(sha256(convert_to(document, 'UTF8')), 'hex'))
);

CREATE TABLE reconciliation_evidence (
  report_id     uuid PRIMARY KEY,
  book          text NOT NULL,
  business_date date NOT NULL,
  seq           integer NOT NULL CHECK (seq >= 0),
  prev          text NOT NULL CHECK (prev ~ '^[0-9a-f]{64}$'),
  header        text NOT NULL, -- canonical JSON, as it is hashed
  header_hash   text NOT NULL UNIQUE,
  book_hash     text NOT NULL REFERENCES reconciliation_books,
  inputs        text NOT NULL, -- canonical JSON: what was read, and at which rates
  attempts      text NOT NULL, -- canonical JSON: the attempts at the date before this one

  -- A header has one successor at the most: two would be two histories, each for somebody.
  UNIQUE (book, seq),
  UNIQUE (book, prev),
  CONSTRAINT reconciliation_evidence_first CHECK ((seq = 0) = (prev = repeat('0', 64))),
  CONSTRAINT reconciliation_evidence_hash CHECK (header_hash = encode(sha256(convert_to(header, 'UTF8')), 'hex')),
  CONSTRAINT reconciliation_evidence_header CHECK (
    header::jsonb ->> 'report_id' = report_id::text
    AND header::jsonb ->> 'book' = book
    AND header::jsonb ->> 'seq' = seq::text
    AND header::jsonb ->> 'prev' = prev
    AND header::jsonb ->> 'book_hash' = book_hash
    AND header::jsonb ->> 'inputs_hash' = encode(sha256(convert_to(inputs, 'UTF8')), 'hex')
    AND header::jsonb ->> 'attempts_hash' = encode(sha256(convert_to(attempts, 'UTF8')), 'hex')
  )
);

CREATE INDEX reconciliation_evidence_date ON reconciliation_evidence (book, business_date);

-- A header names the one before it, which stands and is of the place before.
CREATE FUNCTION plumbline_reconciliation_evidence_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq > 0 AND NOT EXISTS (SELECT FROM reconciliation_evidence e
      WHERE e.book = NEW.book AND e.seq = NEW.seq - 1 AND e.header_hash = NEW.prev) THEN
    RAISE EXCEPTION 'reconciliation_evidence: header % of book % does not follow the one before it', NEW.seq, NEW.book
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER reconciliation_evidence_follows BEFORE INSERT ON reconciliation_evidence
  FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_evidence_follows();
CREATE TRIGGER reconciliation_evidence_rows BEFORE UPDATE OR DELETE ON reconciliation_evidence
  FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER reconciliation_evidence_truncate BEFORE TRUNCATE ON reconciliation_evidence
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER reconciliation_books_rows BEFORE UPDATE OR DELETE ON reconciliation_books
  FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER reconciliation_books_truncate BEFORE TRUNCATE ON reconciliation_books
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- The log keeps the headers, which nobody can write anew then; inputs may name customers, and stay here.
INSERT INTO audit_streams (name, salted) VALUES ('reconciliation_evidence', false);
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON reconciliation_evidence
  FOR EACH ROW EXECUTE FUNCTION audit_watch('reconciliation_evidence', '{report_id}', '{inputs,attempts}');
