-- Tables whose rows two people have let the archive delete: before the first run of a table that deletes.
CREATE TABLE archive_deletion_permits (
  table_name     text COLLATE "C" PRIMARY KEY, -- schema.table
  policy_version integer NOT NULL,
  approval_id    uuid NOT NULL REFERENCES approvals,
  requested_by   text NOT NULL,
  approved_by    text NOT NULL,
  permitted_at   timestamptz NOT NULL,

  FOREIGN KEY (table_name, policy_version) REFERENCES archive_policies (table_name, version)
);
CREATE TRIGGER archive_deletion_permits_rows BEFORE UPDATE OR DELETE ON archive_deletion_permits FOR EACH ROW EXECUTE FUNCTION plumbline_append_only();
CREATE TRIGGER archive_deletion_permits_truncate BEFORE TRUNCATE ON archive_deletion_permits FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

INSERT INTO audit_streams (name, salted) VALUES ('archive_deletion_permits', false);
CREATE TRIGGER audit_watched AFTER INSERT OR DELETE ON archive_deletion_permits FOR EACH ROW
  EXECUTE FUNCTION audit_watch('archive_deletion_permits', '{table_name}', '{}');

-- What the identity provider said last of each person: the names of roles and groups that it gave. Sessions follow it.
CREATE TABLE console_people (
  subject text COLLATE "C" PRIMARY KEY CHECK (subject ~ '^person:[!-~]{1,200}$'),
  claimed jsonb NOT NULL CHECK (jsonb_typeof(claimed) = 'array'),
  said_at timestamptz NOT NULL
);
INSERT INTO audit_streams (name, salted) VALUES ('console_people', true);
CREATE TRIGGER audit_watched AFTER INSERT OR UPDATE OF claimed OR DELETE ON console_people
  FOR EACH ROW EXECUTE FUNCTION audit_watch('console_people', '{subject}', '{}');
CREATE INDEX console_sessions_living ON console_sessions (subject) WHERE ended_at IS NULL;
