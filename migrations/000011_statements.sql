-- Statements of banks and desks, and which of their lines stand in the ledger.

-- One row a matching of an account's statement with its ledger. A later one supersedes it and changes nothing.
CREATE TABLE statement_matchings (
  id             uuid PRIMARY KEY,
  account        text COLLATE "C" NOT NULL CHECK (account <> ''),
  first_day      date NOT NULL,
  last_day       date NOT NULL,
  attempt        integer NOT NULL CHECK (attempt > 0),
  supersedes     uuid UNIQUE, -- a matching is superseded once at the most, so attempts form a chain
  started_by     text NOT NULL,
  policy         text NOT NULL,
  policy_version integer NOT NULL,
  policy_hash    text NOT NULL CHECK (policy_hash ~ '^[0-9a-f]{64}$'),
  engine         integer NOT NULL,
  external_hash  text NOT NULL CHECK (external_hash ~ '^[0-9a-f]{64}$'), -- of the statement's lines
  ledger_hash    text NOT NULL CHECK (ledger_hash ~ '^[0-9a-f]{64}$'),
  status         text NOT NULL CHECK (status IN ('complete', 'open')), -- open: a line is left on either side
  matches        bigint NOT NULL CHECK (matches >= 0),
  totals         jsonb NOT NULL,
  result_hash    text NOT NULL CHECK (result_hash ~ '^[0-9a-f]{64}$'), -- its lines are not in the audit log, this is
  created_at     timestamptz NOT NULL,

  UNIQUE (account, first_day, last_day, attempt),
  UNIQUE (id, account, first_day, last_day),
  FOREIGN KEY (supersedes, account, first_day, last_day) REFERENCES statement_matchings (id, account, first_day, last_day),
  CONSTRAINT statement_matchings_days CHECK (first_day <= last_day),
  CONSTRAINT statement_matchings_chain CHECK ((attempt = 1) = (supersedes IS NULL))
);

CREATE INDEX statement_matchings_newest ON statement_matchings (created_at DESC, id DESC);

-- What became of each line of both sides. Those that are left come first, the oldest first.
CREATE TABLE statement_matching_lines (
  matching_id  uuid NOT NULL REFERENCES statement_matchings (id),
  place        bigint NOT NULL,
  side         text COLLATE "C" NOT NULL CHECK (side IN ('external', 'ledger')),
  line_id      text COLLATE "C" NOT NULL,
  booked_on    date NOT NULL,
  currency     text COLLATE "C" NOT NULL,
  amount       numeric NOT NULL,
  reference    text NOT NULL,
  counterparty text NOT NULL,
  outcome      text COLLATE "C" NOT NULL CHECK (outcome IN ('matched', 'ambiguous', 'unmatched')),
  set_number   bigint, -- of its match, or of its ambiguous set
  rule         text,
  reason       text,

  PRIMARY KEY (matching_id, place),
  UNIQUE (matching_id, side, line_id), -- each line once
  CONSTRAINT statement_matching_lines_set CHECK ((outcome = 'unmatched') = (set_number IS NULL) AND (outcome = 'unmatched') = (rule IS NULL)),
  CONSTRAINT statement_matching_lines_reason CHECK ((outcome = 'matched') = (reason IS NULL))
);

CREATE TRIGGER statement_matchings_rows BEFORE UPDATE OR DELETE ON statement_matchings FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER statement_matchings_truncate BEFORE TRUNCATE ON statement_matchings FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER statement_matching_lines_rows BEFORE UPDATE OR DELETE ON statement_matching_lines FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER statement_matching_lines_truncate BEFORE TRUNCATE ON statement_matching_lines FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

INSERT INTO audit_streams (name, salted) VALUES ('statement_matchings', false);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON statement_matchings FOR EACH ROW EXECUTE FUNCTION audit_watch('statement_matchings', '{id}', '{}');
