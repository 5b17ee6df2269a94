-- What is wrong now, who has seen it, and who is told next.

CREATE TABLE incidents (
  id               uuid PRIMARY KEY,
  fingerprint      text COLLATE "C" NOT NULL, -- the event and its scope
  event_type       text COLLATE "C" NOT NULL,
  scope            jsonb NOT NULL,
  severity         text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  status           text NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
  title            text NOT NULL,
  payload          jsonb NOT NULL, -- of the newest occurrence
  count            bigint NOT NULL CHECK (count > 0), -- facts, however many runs saw them
  opened_at        timestamptz NOT NULL,
  last_seen_at     timestamptz NOT NULL,
  as_of            timestamptz, -- the newest instant that a fact of it spoke of
  group_key        text NOT NULL,
  -- Paging. Steps begin at `stepping_from`, which is when it was opened or became loud again.
  stepping_from    timestamptz NOT NULL,
  step             smallint NOT NULL DEFAULT -1, -- the last that was told; -1: nobody yet
  next_page_at     timestamptz, -- NULL: nobody is to be told by time
  pages            integer NOT NULL DEFAULT 0,
  inhibited_by     uuid REFERENCES incidents,
  acknowledged_at  timestamptz,
  acknowledged_by  text,
  resolved_at      timestamptz,
  resolved_by      text,
  resolution       text,

  CONSTRAINT incidents_acknowledged CHECK (status <> 'acknowledged' OR (acknowledged_at IS NOT NULL AND acknowledged_by IS NOT NULL)),
  CONSTRAINT incidents_resolved CHECK ((status = 'resolved') = (resolved_at IS NOT NULL) AND (status = 'resolved') = (resolved_by IS NOT NULL)),
  CONSTRAINT incidents_quiet CHECK (status <> 'resolved' OR next_page_at IS NULL)
);
CREATE UNIQUE INDEX incidents_one_live ON incidents (fingerprint) WHERE status <> 'resolved';
CREATE INDEX incidents_newest ON incidents (opened_at DESC, id DESC);
CREATE INDEX incidents_live ON incidents (event_type) WHERE status <> 'resolved';
CREATE INDEX incidents_due ON incidents (next_page_at) WHERE next_page_at IS NOT NULL;
CREATE INDEX incidents_fingerprint ON incidents (fingerprint, resolved_at DESC);
CREATE INDEX incidents_inhibited ON incidents (inhibited_by) WHERE inhibited_by IS NOT NULL;

CREATE TRIGGER incidents_stay BEFORE DELETE ON incidents FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER incidents_truncate BEFORE TRUNCATE ON incidents FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER incidents_identity BEFORE UPDATE ON incidents FOR EACH ROW
  WHEN ((NEW.id, NEW.fingerprint, NEW.event_type, NEW.scope, NEW.opened_at) IS DISTINCT FROM (OLD.id, OLD.fingerprint, OLD.event_type, OLD.scope, OLD.opened_at)
    OR NEW.count < OLD.count OR NEW.pages < OLD.pages)
  EXECUTE FUNCTION audit_refused('what an incident is about stays, and its counters only grow');

-- The timeline, written once.
CREATE TABLE incident_events (
  id          uuid PRIMARY KEY,
  seq         bigint GENERATED ALWAYS AS IDENTITY, -- several things happen in one millisecond
  incident_id uuid NOT NULL REFERENCES incidents,
  at          timestamptz NOT NULL,
  kind        text NOT NULL CHECK (kind IN (
    'opened', 'reopened', 'paged', 'unheard', 'acknowledged', 'acknowledgement_expired', 'noted', 'inhibited', 'released', 'silenced', 'resolved')),
  subject     text NOT NULL,
  text        text NOT NULL,
  step        smallint
);
CREATE INDEX incident_events_timeline ON incident_events (incident_id, seq);
CREATE TRIGGER incident_events_rows BEFORE UPDATE OR DELETE ON incident_events FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER incident_events_truncate BEFORE TRUNCATE ON incident_events FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TABLE incident_silences (
  id         uuid PRIMARY KEY,
  event      text NOT NULL, -- a name, or a prefix that ends in .*
  scope      jsonb NOT NULL, -- what an incident's scope has to contain
  reason     text NOT NULL,
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_by   text,
  ended_at   timestamptz,
  CONSTRAINT incident_silences_bounded CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '31 days'),
  CONSTRAINT incident_silences_ended CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX incident_silences_live ON incident_silences (ends_at) WHERE ended_at IS NULL;
CREATE TRIGGER incident_silences_stay BEFORE DELETE ON incident_silences FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();

-- What an alarm about a report came to: raised, taken by a provider, answered by somebody.
CREATE VIEW reconciliation_alerts AS
SELECT r.subject_id AS reconciliation_id, r.event_type, r.at AS raised_at, i.id AS incident_id, i.status AS incident_status,
  (SELECT min(coalesce(n.sent_at, n.delivered_at)) FROM notification_logs n WHERE n.incident_id = i.id AND n.status IN ('sent', 'delivered')) AS told_at,
  i.acknowledged_at, i.acknowledged_by
FROM alert_receipts r
LEFT JOIN LATERAL (
  SELECT * FROM incidents WHERE event_type = r.event_type AND opened_at <= r.at AND coalesce(resolved_at, 'infinity') >= r.at
    AND scope ->> 'book' = (SELECT book FROM reconciliation_logs WHERE id = r.subject_id)
  ORDER BY opened_at DESC LIMIT 1
) AS i ON true;

INSERT INTO audit_streams (name, salted) VALUES ('incident_events', false), ('incident_silences', false);
CREATE TRIGGER audit_watched AFTER INSERT ON incident_events FOR EACH ROW EXECUTE FUNCTION audit_watch('incident_events', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE ON incident_silences FOR EACH ROW EXECUTE FUNCTION audit_watch('incident_silences', '{id}', '{}');
