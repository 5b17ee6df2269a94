-- The truth beside the specification's verdict: whether what is observed covers what is owed, whether
-- what is left is explained, and as of which instant.
ALTER TABLE reconciliation_logs
  ADD COLUMN solvent         boolean, -- NULL: unknown, or the book names nothing that is observed
  ADD COLUMN explained       boolean,
  ADD COLUMN net_low_vnd     numeric, -- observed assets less liabilities, at what the assets would surely bring
  ADD COLUMN net_high_vnd    numeric,
  ADD COLUMN unexplained_vnd numeric,
  ADD COLUMN as_of           timestamptz, -- the instant that the report speaks of
  ADD COLUMN as_of_basis     text CHECK (as_of_basis IN ('cut', 'snapshot')),
  ADD COLUMN snapshot        text, -- pg_current_snapshot() of the database that was read

  ADD CONSTRAINT reconciliation_logs_truth CHECK (
    num_nonnulls(solvent, explained, net_low_vnd, net_high_vnd, unexplained_vnd) IN (0, 5)
    AND (solvent IS NULL OR status IN ('balanced', 'surplus', 'deficit'))
  ),
  ADD CONSTRAINT reconciliation_logs_solvent CHECK (solvent = (net_low_vnd >= -tolerance_vnd)),
  ADD CONSTRAINT reconciliation_logs_explained CHECK (explained = (abs(unexplained_vnd) <= tolerance_vnd)),
  ADD CONSTRAINT reconciliation_logs_insolvent_alerted CHECK (solvent IS NOT FALSE OR alert_triggered),
  ADD CONSTRAINT reconciliation_logs_as_of CHECK ((as_of IS NULL) = (as_of_basis IS NULL) AND as_of <= observed_at);
