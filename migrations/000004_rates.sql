-- Rates: what was published and from what, what the quotas have spent, what operators did, and the
-- rates that were promised for payments.

CREATE FUNCTION plumbline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: % refused, its rows are written once and kept', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Everything that decides what a set of readings comes to, under its hash.
CREATE TABLE rate_policies (
  policy_hash   text PRIMARY KEY,
  document      text NOT NULL,
  first_used_at timestamptz NOT NULL,

  CONSTRAINT rate_policies_hash CHECK (policy_hash = encode(sha256(convert_to(document, 'UTF8')), 'hex'))
);

-- Every published quote. `evidence` is canonical JSON: the inputs, accepted and rejected, and the result;
-- `plumbline rates replay` computes it again, byte for byte.
CREATE TABLE rate_quotes (
  quote_id        uuid PRIMARY KEY,
  pair            text NOT NULL,
  bid             numeric NOT NULL,
  mid             numeric NOT NULL,
  ask             numeric NOT NULL,
  half_spread_bps integer NOT NULL,
  agreement       text NOT NULL,
  basis           text NOT NULL,
  sources         text[] NOT NULL,
  as_of           timestamptz NOT NULL,
  published_at    timestamptz NOT NULL,
  policy_hash     text NOT NULL REFERENCES rate_policies,
  evidence        text NOT NULL,

  CONSTRAINT rate_quotes_sides CHECK (0 < bid AND bid <= mid AND mid <= ask),
  CONSTRAINT rate_quotes_agreement CHECK (agreement IN ('corroborated', 'single', 'unverified', 'contested', 'manual'))
);

CREATE INDEX rate_quotes_newest ON rate_quotes (pair, published_at DESC, quote_id DESC);

-- What each source's quota has spent and until when it asked to be left alone: for the next start.
CREATE TABLE rate_sources (
  source      text PRIMARY KEY,
  spent_until timestamptz NOT NULL,
  hold_until  timestamptz,
  hold_reason text,
  updated_at  timestamptz NOT NULL,

  CONSTRAINT rate_sources_hold CHECK ((hold_until IS NULL) = (hold_reason IS NULL))
);

-- Operators' own rates. A row is written once and ended once.
CREATE TABLE manual_rates (
  id                uuid PRIMARY KEY,
  pair              text NOT NULL,
  mid               numeric NOT NULL CHECK (mid > 0),
  quote_id          uuid NOT NULL,
  reason            text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  max_deviation_bps integer NOT NULL CHECK (max_deviation_bps >= 0),
  set_by            text NOT NULL,
  set_at            timestamptz NOT NULL,
  expires_at        timestamptz NOT NULL,
  ended_at          timestamptz,
  ended_by          text,
  end_reason        text,

  CONSTRAINT manual_rates_ends CHECK (expires_at > set_at),
  CONSTRAINT manual_rates_ended CHECK (
    (ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)
  )
);

CREATE UNIQUE INDEX manual_rates_one_a_pair ON manual_rates (pair) WHERE ended_at IS NULL;

-- What operators did to the rates.
CREATE TABLE rate_operations (
  id      uuid PRIMARY KEY,
  at      timestamptz NOT NULL,
  subject text NOT NULL,
  action  text NOT NULL,
  target  text NOT NULL,
  reason  text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  details jsonb NOT NULL
);

-- A rate that was promised for an amount, until it expires. It is accepted in time or not at all.
CREATE TABLE payment_quotes (
  id            uuid PRIMARY KEY,
  pair          text NOT NULL,
  side          text NOT NULL,
  fixed         text NOT NULL,
  base_amount   numeric NOT NULL CHECK (base_amount > 0),
  quote_amount  numeric NOT NULL CHECK (quote_amount > 0),
  rate          numeric NOT NULL CHECK (rate > 0),
  rate_quote_id uuid NOT NULL,
  level         text NOT NULL,
  agreement     text NOT NULL,
  rate_as_of    timestamptz NOT NULL,
  created_by    text NOT NULL,
  created_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  reference     text,
  accepted_at   timestamptz,
  accepted_by   text,

  CONSTRAINT payment_quotes_side CHECK (side IN ('sell', 'buy')),
  CONSTRAINT payment_quotes_fixed CHECK (fixed IN ('base', 'quote')),
  CONSTRAINT payment_quotes_lifetime CHECK (expires_at > created_at),
  CONSTRAINT payment_quotes_accepted CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
  CONSTRAINT payment_quotes_in_time CHECK (accepted_at IS NULL OR accepted_at < expires_at)
);

CREATE INDEX payment_quotes_newest ON payment_quotes (created_at DESC, id DESC);

CREATE FUNCTION plumbline_manual_rates_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
     AND (NEW.id, NEW.pair, NEW.mid, NEW.quote_id, NEW.reason, NEW.max_deviation_bps, NEW.set_by, NEW.set_at, NEW.expires_at)
       = (OLD.id, OLD.pair, OLD.mid, OLD.quote_id, OLD.reason, OLD.max_deviation_bps, OLD.set_by, OLD.set_at, OLD.expires_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'manual_rates: % refused, a rate is set once and ended once', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION plumbline_payment_quotes_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL
     AND to_jsonb(NEW) - '{accepted_at,accepted_by,reference}'::text[] = to_jsonb(OLD) - '{accepted_at,accepted_by,reference}'::text[] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'payment_quotes: % refused, a promise is made once and accepted once', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER rate_policies_rows BEFORE UPDATE OR DELETE ON rate_policies FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER rate_policies_truncate BEFORE TRUNCATE ON rate_policies FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER rate_quotes_rows BEFORE UPDATE OR DELETE ON rate_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER rate_quotes_truncate BEFORE TRUNCATE ON rate_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER rate_operations_rows BEFORE UPDATE OR DELETE ON rate_operations FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER rate_operations_truncate BEFORE TRUNCATE ON rate_operations FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER manual_rates_rows BEFORE UPDATE OR DELETE ON manual_rates FOR EACH ROW EXECUTE FUNCTION plumbline_manual_rates_guard();
CREATE TRIGGER manual_rates_truncate BEFORE TRUNCATE ON manual_rates FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER payment_quotes_rows BEFORE UPDATE OR DELETE ON payment_quotes FOR EACH ROW EXECUTE FUNCTION plumbline_payment_quotes_guard();
CREATE TRIGGER payment_quotes_truncate BEFORE TRUNCATE ON payment_quotes FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
