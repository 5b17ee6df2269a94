-- Kinds of runs, who made them, and the watch over runs that did not happen.

-- `daily` is the one report of a business date; `intraday` looks at the state of now, as often as it likes.
ALTER TABLE reconciliation_logs
  ADD COLUMN kind varchar(10) NOT NULL DEFAULT 'daily' CONSTRAINT reconciliation_logs_kind CHECK (kind IN ('daily', 'intraday')),
  ADD COLUMN worker text; -- the process that ran the attempt, host:pid; NULL before this migration

ALTER TABLE reconciliation_logs
  DROP CONSTRAINT reconciliation_logs_supersedes_book_business_date_fkey,
  DROP CONSTRAINT reconciliation_logs_id_book_business_date_key,
  DROP CONSTRAINT reconciliation_logs_book_business_date_attempt_key,
  ADD CONSTRAINT reconciliation_logs_attempts UNIQUE (book, kind, business_date, attempt),
  ADD CONSTRAINT reconciliation_logs_chain UNIQUE (id, book, kind, business_date),
  ADD CONSTRAINT reconciliation_logs_superseded FOREIGN KEY (supersedes, book, kind, business_date)
    REFERENCES reconciliation_logs (id, book, kind, business_date),
  ADD CONSTRAINT reconciliation_logs_intraday CHECK (kind = 'daily' OR supersedes IS NULL);

-- An intraday report is never the report of its date.
DROP INDEX reconciliation_logs_one_final;
CREATE UNIQUE INDEX reconciliation_logs_one_final ON reconciliation_logs (book, business_date)
  WHERE kind = 'daily' AND status IN ('balanced', 'surplus', 'deficit') AND supersedes IS NULL;

CREATE INDEX reconciliation_logs_newest_of_kind ON reconciliation_logs (book, kind, started_at DESC, id DESC);
CREATE INDEX reconciliation_logs_open ON reconciliation_logs (book) WHERE status = 'in_progress';

CREATE FUNCTION plumbline_reconciliation_logs_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'reconciliation_logs: the kind and the worker of an attempt never change'
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reconciliation_logs_identity BEFORE UPDATE ON reconciliation_logs FOR EACH ROW
  WHEN (OLD.kind IS DISTINCT FROM NEW.kind OR OLD.worker IS DISTINCT FROM NEW.worker)
  EXECUTE FUNCTION plumbline_reconciliation_logs_identity();

-- The last sign of life of an attempt, by the database's own clock. Apart from the attempts, whose every
-- change is evidence.
CREATE TABLE reconciliation_beats (
  reconciliation_id uuid PRIMARY KEY,
  beat_at           timestamptz NOT NULL
);

-- Since when somebody looks whether the reports of a book are made.
CREATE TABLE reconciliation_watches (
  book  text PRIMARY KEY,
  since timestamptz NOT NULL
);

-- One row for each run that did not happen in time: its key makes it an incident once, whoever sees it.
CREATE TABLE reconciliation_missing (
  book        text NOT NULL,
  kind        varchar(10) NOT NULL CHECK (kind IN ('daily', 'intraday')),
  subject     text NOT NULL, -- daily: the business date; intraday: the instant of the last run before the gap
  raised_at   timestamptz NOT NULL,
  resolved_at timestamptz,
  PRIMARY KEY (book, kind, subject)
);
CREATE INDEX reconciliation_missing_open ON reconciliation_missing (book) WHERE resolved_at IS NULL;
