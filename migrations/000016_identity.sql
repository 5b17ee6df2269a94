-- Whose a key is, from where it may be used, and the sessions of people in a browser.

-- `service`: a machine's. Any other role is a person's, who is named: two keys of one person are one subject.
ALTER TABLE api_keys
  ADD COLUMN role text NOT NULL DEFAULT 'service' CHECK (role IN ('viewer', 'auditor', 'operator', 'admin', 'service')),
  ADD COLUMN owner text CHECK (owner ~ '^person:[!-~]{1,200}$'),
  ADD COLUMN addresses text[] NOT NULL DEFAULT '{}', -- CIDR; empty: from anywhere
  ADD COLUMN created_by text,
  ADD COLUMN approval_id uuid;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_owner CHECK (role <> 'service' OR owner IS NULL);

-- Keys from before there were roles keep what they can do. Nobody's name is known of them, so they take no
-- part in approvals.
UPDATE api_keys SET role = CASE
  WHEN scopes && ARRAY['keys:admin', 'audit:admin'] THEN 'admin'
  ELSE 'operator' END
WHERE scopes && ARRAY['keys:admin', 'audit:admin', 'rates:operate', 'payouts:override', 'payouts:approve', 'reconciliation:accept'];

-- When a key was used last. Apart from the keys: it is written every minute, and is no change of a key.
CREATE TABLE api_key_uses (
  key_id       uuid PRIMARY KEY REFERENCES api_keys,
  last_used_at timestamptz NOT NULL,
  last_address text NOT NULL
);

-- The secret of a session is in the browser's cookie; here is its SHA-256.
CREATE TABLE console_sessions (
  id               uuid PRIMARY KEY,
  token_hash       text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  subject          text NOT NULL CHECK (subject ~ '^person:[!-~]{1,200}$'),
  name             text NOT NULL,
  role             text NOT NULL CHECK (role IN ('viewer', 'auditor', 'operator', 'admin')),
  authenticated_at timestamptz NOT NULL, -- when the person last showed the identity provider who they are
  created_at       timestamptz NOT NULL,
  last_seen_at     timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  ended_at         timestamptz,
  CONSTRAINT console_sessions_bounded CHECK (expires_at > created_at)
);
CREATE INDEX console_sessions_expiry ON console_sessions (expires_at);

-- Salted: names are people's.
INSERT INTO audit_streams (name, salted) VALUES ('console_sessions', true);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OF ended_at ON console_sessions
  FOR EACH ROW EXECUTE FUNCTION audit_watch('console_sessions', '{id}', '{token_hash,last_seen_at}');

-- Which attempt holds the key: another one neither answers nor releases for it.
ALTER TABLE idempotency_keys ADD COLUMN claim uuid;
