-- One row an attempt at one business date of one book. What the report says is refused here again if
-- it contradicts itself, and what is final never changes: a later attempt supersedes it.
CREATE TABLE reconciliation_logs (
  id                    uuid PRIMARY KEY,
  book                  text NOT NULL,
  business_date         date NOT NULL,
  attempt               integer NOT NULL CHECK (attempt > 0),
  supersedes            uuid UNIQUE, -- a report is superseded once at the most, so attempts form a chain
  started_by            text NOT NULL,
  status                varchar(20) NOT NULL,
  -- NULL, never 0, where they are unknown.
  total_assets_vnd      numeric,
  total_liabilities_vnd numeric,
  difference_vnd        numeric,
  tolerance_vnd         numeric NOT NULL CHECK (tolerance_vnd >= 0),
  asset_breakdown       jsonb,
  report                jsonb,
  report_hash           text CHECK (report_hash ~ '^[0-9a-f]{64}$'),
  alert_triggered       boolean NOT NULL DEFAULT false,
  error_message         text,
  started_at            timestamptz NOT NULL,
  observed_at           timestamptz, -- the instant of the snapshot
  reconciled_at         timestamptz, -- the end of the attempt

  UNIQUE (book, business_date, attempt),
  UNIQUE (id, book, business_date),
  FOREIGN KEY (supersedes, book, business_date) REFERENCES reconciliation_logs (id, book, business_date),

  CONSTRAINT reconciliation_logs_status CHECK (status IN ('in_progress', 'balanced', 'surplus', 'deficit', 'error')),
  CONSTRAINT reconciliation_logs_amounts CHECK (
    (status IN ('balanced', 'surplus', 'deficit'))
    = (total_assets_vnd IS NOT NULL AND total_liabilities_vnd IS NOT NULL AND difference_vnd IS NOT NULL)
  ),
  CONSTRAINT reconciliation_logs_unknown CHECK (
    status NOT IN ('in_progress', 'error')
    OR (total_assets_vnd IS NULL AND total_liabilities_vnd IS NULL AND difference_vnd IS NULL)
  ),
  CONSTRAINT reconciliation_logs_difference CHECK (difference_vnd = total_assets_vnd - total_liabilities_vnd),
  CONSTRAINT reconciliation_logs_verdict CHECK (
    CASE status
      WHEN 'balanced' THEN abs(difference_vnd) <= tolerance_vnd
      WHEN 'surplus' THEN difference_vnd > tolerance_vnd
      WHEN 'deficit' THEN difference_vnd < -tolerance_vnd
      ELSE true
    END
  ),
  CONSTRAINT reconciliation_logs_alerted CHECK (status <> 'deficit' OR alert_triggered),
  CONSTRAINT reconciliation_logs_reason CHECK ((status = 'error') = (error_message IS NOT NULL)),
  CONSTRAINT reconciliation_logs_finished CHECK ((status = 'in_progress') = (reconciled_at IS NULL)),
  CONSTRAINT reconciliation_logs_supersedes CHECK (supersedes IS NULL OR status IN ('balanced', 'surplus', 'deficit'))
);

-- Exactly one final report a business date: the first is unique here, each later one by `supersedes`.
CREATE UNIQUE INDEX reconciliation_logs_one_final ON reconciliation_logs (book, business_date)
  WHERE status IN ('balanced', 'surplus', 'deficit') AND supersedes IS NULL;

CREATE INDEX reconciliation_logs_newest ON reconciliation_logs (started_at DESC, id DESC);

CREATE FUNCTION plumbline_reconciliation_logs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status = 'in_progress'
     AND NEW.id = OLD.id AND NEW.book = OLD.book AND NEW.business_date = OLD.business_date
     AND NEW.attempt = OLD.attempt AND NEW.started_at = OLD.started_at THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'reconciliation_logs: % refused, an ended attempt is never changed (a later one supersedes it)', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reconciliation_logs_rows BEFORE UPDATE OR DELETE ON reconciliation_logs
  FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_logs_guard();
CREATE TRIGGER reconciliation_logs_truncate BEFORE TRUNCATE ON reconciliation_logs
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_logs_guard();
