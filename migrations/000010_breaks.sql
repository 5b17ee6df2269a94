-- Breaks: what a report could not explain, from when until when, and who accepted it. One row a fact and
-- currency, as long as each report finds it; one that comes back after it was resolved is a row of its own.
-- Reports are named by their id in reconciliation_logs, which never loses a row.
CREATE TABLE reconciliation_breaks (
  id                 uuid PRIMARY KEY,
  book               text NOT NULL,
  key                text NOT NULL, -- the same as long as the fact is: native/vnd_pool
  kind               text NOT NULL CHECK (kind IN ('native', 'late', 'unexplained')),
  line               text, -- of the book; NULL: of the book as a whole
  account            text, -- of the ledger, where its movements are to be looked for
  currency           text NOT NULL,
  amount             numeric NOT NULL, -- as the last report that found it says
  text               text NOT NULL,
  business_date      date NOT NULL, -- of the first report that found it
  opened_at          timestamptz NOT NULL, -- when this row was written; `first_as_of` says since when it is so
  first_as_of        timestamptz NOT NULL,
  first_seen_report  uuid NOT NULL,
  last_as_of         timestamptz NOT NULL,
  last_seen_report   uuid NOT NULL,
  state              text NOT NULL CHECK (state IN ('open', 'accepted', 'resolved')),
  accepted_by        text,
  accepted_at        timestamptz,
  accepted_reason    text,
  accepted_amount    numeric, -- it is accepted from nothing up to this, sign included
  accepted_until     timestamptz, -- NULL: for good
  resolved_at        timestamptz,
  resolved_as_of     timestamptz,
  resolved_by_report uuid, -- the first that did not find it any more

  CONSTRAINT reconciliation_breaks_seen CHECK (first_as_of <= last_as_of),
  CONSTRAINT reconciliation_breaks_accepted CHECK (
    num_nonnulls(accepted_by, accepted_at, accepted_reason, accepted_amount) IN (0, 4)
    AND (accepted_until IS NULL OR accepted_at IS NOT NULL)
    AND (state <> 'accepted' OR accepted_at IS NOT NULL)
  ),
  CONSTRAINT reconciliation_breaks_resolved CHECK (
    num_nonnulls(resolved_at, resolved_as_of, resolved_by_report) = CASE state WHEN 'resolved' THEN 3 ELSE 0 END
    AND (resolved_as_of IS NULL OR resolved_as_of >= last_as_of)
  )
);

-- One live break a fact, whatever races.
CREATE UNIQUE INDEX reconciliation_breaks_live ON reconciliation_breaks (book, key, currency) WHERE state <> 'resolved';
CREATE INDEX reconciliation_breaks_newest ON reconciliation_breaks (book, first_as_of DESC, id DESC);
CREATE INDEX reconciliation_breaks_key ON reconciliation_breaks (book, key);

CREATE TABLE reconciliation_break_events (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  break_id uuid NOT NULL REFERENCES reconciliation_breaks (id),
  event    text NOT NULL CHECK (event IN ('opened', 'changed', 'seen_earlier', 'accepted', 'reopened', 'resolved')),
  at       timestamptz NOT NULL,
  report   uuid, -- NULL: a person did it
  actor    text,
  amount   numeric NOT NULL, -- of the break then; where it is accepted, up to which it is
  until    timestamptz,
  reason   text,

  CONSTRAINT reconciliation_break_events_who CHECK ((report IS NULL) = (actor IS NOT NULL)),
  CONSTRAINT reconciliation_break_events_accepted CHECK ((event = 'accepted') = (actor IS NOT NULL)),
  CONSTRAINT reconciliation_break_events_reason CHECK (event NOT IN ('accepted', 'reopened') OR reason IS NOT NULL)
);
CREATE INDEX reconciliation_break_events_break ON reconciliation_break_events (break_id, id);

-- What a break was when it opened stays, its past only reaches further back, and a resolved one is closed.
CREATE FUNCTION plumbline_reconciliation_breaks_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'resolved'
     AND (NEW.id, NEW.book, NEW.key, NEW.kind, NEW.currency, NEW.opened_at)
       = (OLD.id, OLD.book, OLD.key, OLD.kind, OLD.currency, OLD.opened_at)
     AND NEW.first_as_of <= OLD.first_as_of AND NEW.last_as_of >= OLD.last_as_of THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'reconciliation_breaks: % refused, a break keeps what it was, and a resolved one is never changed', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reconciliation_breaks_rows BEFORE UPDATE OR DELETE ON reconciliation_breaks
  FOR EACH ROW EXECUTE FUNCTION plumbline_reconciliation_breaks_guard();
CREATE TRIGGER reconciliation_breaks_truncate BEFORE TRUNCATE ON reconciliation_breaks
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_reconciliation_breaks_guard();
CREATE TRIGGER reconciliation_break_events_rows BEFORE UPDATE OR DELETE ON reconciliation_break_events
  FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER reconciliation_break_events_truncate BEFORE TRUNCATE ON reconciliation_break_events
  FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- Salted: a reason is free text, and may name people.
INSERT INTO audit_streams (name, salted) VALUES ('reconciliation_breaks', true), ('reconciliation_break_events', true);

-- That a report found the same again is no change: the report itself is in the log.
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON reconciliation_breaks FOR EACH ROW
  EXECUTE FUNCTION audit_watch('reconciliation_breaks', '{id}', '{}');
CREATE TRIGGER audit_watched_changes AFTER UPDATE ON reconciliation_breaks FOR EACH ROW
  WHEN ((OLD.state, OLD.amount, OLD.first_as_of, OLD.accepted_at) IS DISTINCT FROM (NEW.state, NEW.amount, NEW.first_as_of, NEW.accepted_at))
  EXECUTE FUNCTION audit_watch('reconciliation_breaks', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON reconciliation_break_events FOR EACH ROW
  EXECUTE FUNCTION audit_watch('reconciliation_break_events', '{id}', '{}');
