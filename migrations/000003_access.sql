-- API keys: the secret itself is never stored, only its SHA-256 (the secret has 256 random bits, so
-- a slow hash would add nothing).
CREATE TABLE api_keys (
  id           uuid PRIMARY KEY,
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  prefix       text NOT NULL,
  secret_hash  text NOT NULL UNIQUE CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
  scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  revoked_at   timestamptz
);

-- The first answer to each Idempotency-Key, so that a repeated request is answered and not repeated.
CREATE TABLE idempotency_keys (
  subject       text NOT NULL,
  key           text NOT NULL,
  request_hash  text NOT NULL,
  response_code integer, -- NULL while the first request is under way
  response_body text,
  claimed_at    timestamptz NOT NULL,
  PRIMARY KEY (subject, key)
);
