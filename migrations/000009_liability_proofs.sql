-- Proofs of liabilities: for each reconciliation report the signed header of a Merkle-sum tree over what is
-- owed to each merchant (docs/verify/liability-proofs.md). Headers of one book and asset form a chain.
CREATE TABLE liability_proofs (
  id             uuid PRIMARY KEY,
  report_id      uuid NOT NULL,
  book           text NOT NULL,
  asset          text NOT NULL,
  business_date  date NOT NULL,
  seq            integer NOT NULL CHECK (seq >= 0),
  header         text NOT NULL, -- canonical JSON (RFC 8785), as it is signed
  header_hash    text NOT NULL UNIQUE CHECK (header_hash ~ '^[0-9a-f]{64}$'),
  prev           text NOT NULL CHECK (prev ~ '^[0-9a-f]{64}$'),
  signature      text NOT NULL,
  public_key     text NOT NULL,
  digest         text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  leaves         bigint NOT NULL CHECK (leaves >= 0),
  merchants      bigint NOT NULL CHECK (merchants >= 0),
  total          numeric NOT NULL CHECK (total >= 0), -- in the asset, not in minor units
  negative_count bigint NOT NULL CHECK (negative_count >= 0),
  negative_total numeric NOT NULL CHECK (negative_total <= 0),
  negatives      jsonb NOT NULL, -- the first of them: merchant, part, amount
  leaf_file      text, -- the object's key; NULL: no proofs can be made from it
  created_at     timestamptz NOT NULL,

  UNIQUE (report_id, asset),
  -- A header has one successor at the most: two would be two truths, each for somebody.
  UNIQUE (book, asset, seq),
  UNIQUE (book, asset, prev),
  CONSTRAINT liability_proofs_first CHECK ((seq = 0) = (prev = repeat('0', 64))),
  CONSTRAINT liability_proofs_negatives CHECK ((negative_count = 0) = (negative_total = 0))
);

CREATE INDEX liability_proofs_date ON liability_proofs (book, asset, business_date, seq DESC);

-- A header names the one before it, which stands and is of the place before.
CREATE FUNCTION plumbline_liability_proofs_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq > 0 AND NOT EXISTS (SELECT FROM liability_proofs p
      WHERE p.book = NEW.book AND p.asset = NEW.asset AND p.seq = NEW.seq - 1 AND p.header_hash = NEW.prev) THEN
    RAISE EXCEPTION 'liability_proofs: header % of book % does not follow the one before it', NEW.seq, NEW.book
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER liability_proofs_follow BEFORE INSERT ON liability_proofs
  FOR EACH ROW EXECUTE FUNCTION plumbline_liability_proofs_follow();
CREATE TRIGGER liability_proofs_rows BEFORE UPDATE OR DELETE ON liability_proofs
  FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER liability_proofs_truncate BEFORE TRUNCATE ON liability_proofs
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- Who verified, once a merchant and run: an omitted merchant is found by nobody else.
CREATE TABLE proof_verifications (
  proof_id    uuid NOT NULL REFERENCES liability_proofs,
  merchant_id uuid NOT NULL,
  verified_by text NOT NULL,
  verified_at timestamptz NOT NULL,

  PRIMARY KEY (proof_id, merchant_id)
);
CREATE TRIGGER proof_verifications_rows BEFORE UPDATE OR DELETE ON proof_verifications
  FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER proof_verifications_truncate BEFORE TRUNCATE ON proof_verifications
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

INSERT INTO audit_streams (name, salted) VALUES ('liability_proofs', false);
-- The merchants below zero are named in the row, and not in the log, which may be public.
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON liability_proofs
  FOR EACH ROW EXECUTE FUNCTION audit_watch('liability_proofs', '{id}', '{negatives}');
