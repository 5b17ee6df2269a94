-- What one person alone must not do: a request, frozen, and the second person's decision.
CREATE TABLE approvals (
  id              uuid PRIMARY KEY,
  action          text COLLATE "C" NOT NULL CHECK (action ~ '^[a-z0-9._-]{1,100}$'),
  target          text NOT NULL,
  -- Canonical JSON (RFC 8785), and the hash that both people see.
  payload         text NOT NULL,
  payload_hash    text COLLATE "C" NOT NULL,
  reason          text NOT NULL CHECK (reason <> ''),
  requested_by    text COLLATE "C" NOT NULL CHECK (requested_by ~ '^person:[!-~]{1,200}$'),
  requested_via   text NOT NULL, -- the key or the session
  requested_at    timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  state           text NOT NULL CHECK (state IN ('pending', 'executed', 'rejected', 'withdrawn', 'expired', 'void')),
  decided_by      text COLLATE "C",
  decided_via     text,
  decided_at      timestamptz,
  decision_reason text,
  result          text, -- JSON
  -- One person alone, in an emergency: everybody is told, and somebody else reviews it.
  break_glass     boolean NOT NULL DEFAULT false,
  reviewed_by     text COLLATE "C",
  reviewed_at     timestamptz,
  review_note     text,

  CONSTRAINT approvals_frozen CHECK (payload_hash = encode(sha256(convert_to(payload, 'UTF8')), 'hex')),
  CONSTRAINT approvals_bounded CHECK (expires_at > requested_at),
  CONSTRAINT approvals_decided CHECK ((state = 'pending') = (decided_by IS NULL) AND (state = 'pending') = (decided_at IS NULL)),
  CONSTRAINT approvals_decider CHECK (decided_by ~ '^(person:[!-~]{1,200}|plumbline)$'),
  CONSTRAINT approvals_two_people CHECK (state <> 'executed' OR break_glass OR (decided_by <> requested_by AND decided_by <> 'plumbline')),
  CONSTRAINT approvals_in_time CHECK (state <> 'executed' OR (decided_at >= requested_at AND decided_at < expires_at)),
  CONSTRAINT approvals_alone CHECK (NOT break_glass OR (state = 'executed' AND decided_by = requested_by)),
  CONSTRAINT approvals_rejected_by_another CHECK (state <> 'rejected' OR decided_by <> requested_by),
  CONSTRAINT approvals_withdrawn_by_own CHECK (state <> 'withdrawn' OR decided_by = requested_by),
  CONSTRAINT approvals_reviewed CHECK (
    (reviewed_by IS NULL) = (reviewed_at IS NULL)
    AND (reviewed_by IS NULL OR (break_glass AND reviewed_by <> requested_by AND reviewed_by ~ '^person:' AND review_note <> ''))
  )
);
CREATE UNIQUE INDEX approvals_one_pending ON approvals (action, payload_hash) WHERE state = 'pending';
CREATE INDEX approvals_newest ON approvals (requested_at DESC, id DESC);
CREATE INDEX approvals_open ON approvals (expires_at) WHERE state = 'pending';

CREATE FUNCTION approvals_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'approvals: DELETE refused, what was asked for and decided is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.reviewed_by IS NOT NULL OR (NEW.state <> 'pending' AND NOT NEW.break_glass) THEN
      RAISE EXCEPTION 'approvals: INSERT refused, a request is decided after it was made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.action, NEW.target, NEW.payload, NEW.payload_hash, NEW.reason, NEW.requested_by, NEW.requested_via, NEW.requested_at, NEW.expires_at, NEW.break_glass)
     IS DISTINCT FROM (OLD.id, OLD.action, OLD.target, OLD.payload, OLD.payload_hash, OLD.reason, OLD.requested_by, OLD.requested_via, OLD.requested_at, OLD.expires_at, OLD.break_glass) THEN
    RAISE EXCEPTION 'approvals: UPDATE refused, a request stands as it was made' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> 'pending' AND (NEW.state, NEW.decided_by, NEW.decided_via, NEW.decided_at, NEW.decision_reason, NEW.result)
     IS DISTINCT FROM (OLD.state, OLD.decided_by, OLD.decided_via, OLD.decided_at, OLD.decision_reason, OLD.result) THEN
    RAISE EXCEPTION 'approvals: UPDATE refused, what was decided stands' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.reviewed_by IS NOT NULL AND (NEW.reviewed_by, NEW.reviewed_at, NEW.review_note) IS DISTINCT FROM (OLD.reviewed_by, OLD.reviewed_at, OLD.review_note) THEN
    RAISE EXCEPTION 'approvals: UPDATE refused, a review stands' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approvals_rows BEFORE INSERT OR UPDATE OR DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION approvals_guard();
CREATE TRIGGER approvals_truncate BEFORE TRUNCATE ON approvals FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- Who tried what they may not.
CREATE TABLE approval_denials (
  id          uuid PRIMARY KEY,
  at          timestamptz NOT NULL,
  subject     text NOT NULL,
  via         text NOT NULL,
  attempt     text NOT NULL CHECK (attempt IN ('request', 'approve', 'reject', 'withdraw', 'break_glass', 'review')),
  action      text NOT NULL,
  approval_id uuid REFERENCES approvals,
  code        text NOT NULL,
  message     text NOT NULL
);
CREATE INDEX approval_denials_newest ON approval_denials (at DESC, id DESC);
CREATE TRIGGER approval_denials_rows BEFORE UPDATE OR DELETE ON approval_denials FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER approval_denials_truncate BEFORE TRUNCATE ON approval_denials FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

-- Salted: a reason is free text, and may name people.
INSERT INTO audit_streams (name, salted) VALUES ('approvals', true), ('approval_denials', true);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION audit_watch('approvals', '{id}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON approval_denials FOR EACH ROW EXECUTE FUNCTION audit_watch('approval_denials', '{id}', '{}');
