-- Whether payouts may be made, why not, and who heard of it.

-- One row a book. It says what holds now; how it came about is in `payout_halts`.
CREATE TABLE payout_permissions (
  book                text COLLATE "C" PRIMARY KEY CHECK (book <> ''),
  state               text NOT NULL CHECK (state IN ('permitted', 'halted')),
  since               timestamptz NOT NULL,
  reason              text NOT NULL,
  -- The report behind the state: the newest deficit, or the one that released. NULL before the first.
  report_id           uuid,
  report_as_of        timestamptz, -- the instant that the report speaks of
  report_observed_at  timestamptz, -- when it looked
  difference          numeric,
  tolerance           numeric,
  -- An approved override lets payouts pass until then, in spite of the halt.
  override_id         uuid,
  override_until      timestamptz,
  override_difference numeric, -- the deficit that was overridden, and no larger one
  -- The newest report that came to a verdict.
  verdict             text CHECK (verdict IN ('solvent', 'deficit')),
  verdict_report_id   uuid,
  verdict_as_of       timestamptz,
  verdict_observed_at timestamptz,
  version             bigint NOT NULL CHECK (version >= 0), -- of the newest row in `payout_halts`

  CONSTRAINT payout_permissions_report CHECK (
    (report_id IS NULL) = (report_as_of IS NULL) AND (report_id IS NULL) = (report_observed_at IS NULL)
  ),
  CONSTRAINT payout_permissions_override CHECK (
    (override_id IS NULL) = (override_until IS NULL) AND (override_id IS NULL OR state = 'halted')
  ),
  CONSTRAINT payout_permissions_verdict CHECK (
    (verdict IS NULL) = (verdict_report_id IS NULL) AND (verdict IS NULL) = (verdict_as_of IS NULL)
    AND (verdict IS NULL) = (verdict_observed_at IS NULL)
  )
);

-- What was decided, in its order. Two people stand behind an override: who approves is not who asked.
CREATE TABLE payout_halts (
  id           uuid PRIMARY KEY,
  book         text COLLATE "C" NOT NULL REFERENCES payout_permissions,
  version      bigint NOT NULL CHECK (version > 0),
  at           timestamptz NOT NULL,
  kind         text NOT NULL,
  subject      text NOT NULL, -- who: a key, or `plumbline` itself
  reason       text NOT NULL CHECK (reason <> ''),
  report_id    uuid,
  as_of        timestamptz,
  difference   numeric,
  override_id  uuid, -- the row that asked for the override
  requested_by text,
  until        timestamptz,
  -- Reservations that had begun before could not be waited for any longer.
  unwaited     boolean NOT NULL DEFAULT false,

  UNIQUE (book, version),
  UNIQUE (id, book, subject),
  FOREIGN KEY (override_id, book, requested_by) REFERENCES payout_halts (id, book, subject),
  CONSTRAINT payout_halts_kind CHECK (
    kind IN ('halted', 'released', 'override_requested', 'override_approved', 'override_ended')
  ),
  CONSTRAINT payout_halts_report CHECK (kind NOT IN ('halted', 'released') OR (report_id IS NOT NULL AND as_of IS NOT NULL)),
  CONSTRAINT payout_halts_override CHECK (
    (kind IN ('override_approved', 'override_ended')) = (override_id IS NOT NULL)
    AND (override_id IS NULL) = (requested_by IS NULL)
  ),
  CONSTRAINT payout_halts_two_people CHECK (kind <> 'override_approved' OR subject <> requested_by),
  CONSTRAINT payout_halts_bounded CHECK ((kind IN ('override_requested', 'override_approved')) = (until IS NOT NULL) AND until > at)
);
CREATE UNIQUE INDEX payout_halts_one_approval ON payout_halts (override_id) WHERE kind = 'override_approved';
CREATE UNIQUE INDEX payout_halts_one_end ON payout_halts (override_id) WHERE kind = 'override_ended';

-- Who is to hear of a decision: one row for each, until it was heard or given up.
CREATE TABLE payout_webhooks (
  halt_id         uuid PRIMARY KEY REFERENCES payout_halts,
  body            text NOT NULL,
  status          text NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  next_attempt_at timestamptz NOT NULL,
  last_error      text,
  created_at      timestamptz NOT NULL,
  settled_at      timestamptz,

  CONSTRAINT payout_webhooks_settled CHECK ((status = 'pending') = (settled_at IS NULL))
);
CREATE INDEX payout_webhooks_due ON payout_webhooks (next_attempt_at) WHERE status = 'pending';

CREATE FUNCTION payout_permissions_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'payout_permissions: % refused, a book without a row has no payouts', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.book <> OLD.book OR NEW.version < OLD.version OR (NEW.version = OLD.version
      AND (NEW.state, NEW.since, NEW.override_id, NEW.override_until) IS DISTINCT FROM (OLD.state, OLD.since, OLD.override_id, OLD.override_until)) THEN
    RAISE EXCEPTION 'payout_permissions: UPDATE refused, a change of the permission has a version of its own' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state = 'halted' AND NEW.state = 'permitted'
     AND OLD.report_id IS NOT NULL AND ((NEW.report_as_of, NEW.report_observed_at) > (OLD.report_as_of, OLD.report_observed_at)) IS NOT TRUE THEN
    RAISE EXCEPTION 'payout_permissions: UPDATE refused, a halt is released by a later report' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payout_permissions_rows BEFORE UPDATE OR DELETE ON payout_permissions FOR EACH ROW EXECUTE FUNCTION payout_permissions_guard();
CREATE TRIGGER payout_permissions_truncate BEFORE TRUNCATE ON payout_permissions FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER payout_halts_rows BEFORE UPDATE OR DELETE ON payout_halts FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER payout_halts_truncate BEFORE TRUNCATE ON payout_halts FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

INSERT INTO audit_streams (name, salted) VALUES ('payout_permissions', false), ('payout_halts', false);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON payout_permissions FOR EACH ROW EXECUTE FUNCTION audit_watch('payout_permissions', '{book}', '{}');
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OR DELETE ON payout_halts FOR EACH ROW EXECUTE FUNCTION audit_watch('payout_halts', '{id}', '{}');

-- The lock between reservations, which share it, and a halt, which waits for them alone. A lock of the row
-- would not do: readers that share it join each other past the one who waits to write, and starve it.
-- The lock's queue is fair.
CREATE FUNCTION payouts_lock_key(book text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended('plumbline.payouts/' || book, 0)
$$;

-- What both questions below ask. `refused` is a SQLSTATE: PL001 halted, PL002 not known, PL003 too old a verdict.
CREATE FUNCTION payouts_look(asked text, max_age interval, OUT version bigint, OUT refused text, OUT why text) LANGUAGE plpgsql AS $$
DECLARE
  of_book text := asked;
  books bigint;
  idle interval;
  p payout_permissions;
BEGIN
  IF pg_is_in_recovery() THEN
    refused := 'PL002';
    why := 'this server is a standby, which may not have heard of a halt yet: ask the primary';
    RETURN;
  END IF;
  IF of_book IS NULL THEN
    SELECT min(book), count(*) INTO of_book, books FROM payout_permissions;
    IF books <> 1 THEN
      refused := 'PL002';
      why := format('there are %s books with a payout permission: name the one that is meant', books);
      RETURN;
    END IF;
  END IF;
  -- A worker that hangs in its transaction is ended by the server, so that a halt need not wait for it for long.
  idle := current_setting('idle_in_transaction_session_timeout')::interval;
  IF idle = '0' OR idle > '10 seconds' THEN
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
  END IF;
  PERFORM pg_advisory_xact_lock_shared(payouts_lock_key(of_book));
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT * INTO p FROM payout_permissions WHERE book = of_book;
  ELSE
    -- The snapshot may be older than a halt: a row that was changed since is then a serialization failure.
    SELECT * INTO p FROM payout_permissions WHERE book = of_book FOR SHARE;
  END IF;
  IF p.book IS NULL THEN
    refused := 'PL002';
    why := format('book "%s" has no payout permission', left(of_book, 80));
    RETURN;
  END IF;
  version := p.version;
  IF p.state <> 'permitted' AND (p.override_until > clock_timestamp()) IS NOT TRUE THEN
    refused := 'PL001';
    why := format('payouts of book "%s" are halted since %s: %s', p.book, to_char(p.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), p.reason);
  ELSIF max_age IS NOT NULL AND (clock_timestamp() - p.verdict_as_of <= max_age) IS NOT TRUE THEN
    refused := 'PL003';
    why := format('the newest verdict on book "%s" %s, and %s is the oldest that is asked for', p.book,
      coalesce('speaks of ' || to_char(p.verdict_as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'is not made yet'), max_age);
  END IF;
END $$;

-- For the payout worker, first of all in the transaction that reserves: it answers with the version of the
-- permission, or raises, and what it answered holds until that transaction ends. Without a book: the only one.
CREATE FUNCTION payouts_permitted(book text DEFAULT NULL, max_age interval DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  seen record;
BEGIN
  SELECT * INTO seen FROM payouts_look(book, max_age);
  IF seen.refused IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = seen.refused, MESSAGE = 'payouts: ' || seen.why, HINT = CASE seen.refused
      WHEN 'PL001' THEN 'a later solvent report releases them, or an override that two people made: plumbline payouts permission'
      WHEN 'PL002' THEN 'the service makes the permission of its book when it starts: plumbline payouts permission'
      ELSE 'reconcile: plumbline reconcile run' END;
  END IF;
  RETURN seen.version;
END $$;

-- The same as an answer, for whoever would rather not raise. It is false in every case of doubt.
CREATE FUNCTION payouts_are_permitted(book text DEFAULT NULL, max_age interval DEFAULT NULL) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  RETURN (SELECT refused IS NULL FROM payouts_look(book, max_age));
END $$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION payouts_permitted SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION payouts_are_permitted SET search_path = %I, pg_temp', current_schema());
  REVOKE ALL ON FUNCTION payouts_look, payouts_permitted, payouts_are_permitted FROM PUBLIC;
END $$;

-- What the payout worker's role may do: ask, and nothing else.
CREATE FUNCTION payouts_grant(role name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('REVOKE ALL ON payout_permissions, payout_halts, payout_webhooks FROM %I', role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION payouts_permitted, payouts_are_permitted TO %I', role);
END $$;
REVOKE ALL ON FUNCTION payouts_grant FROM PUBLIC;
