-- The schema after all migrations, for reading and for comparing. Written by `npm run schema`; a test
-- compares it with the catalog of each supported engine. Changes belong into a new migration.

CREATE TYPE mood AS ENUM ('b', 'a');

CREATE DOMAIN share AS numeric(5,2) CONSTRAINT share_check CHECK (((VALUE >= (0)::numeric) AND (VALUE <= (100)::numeric)));

CREATE SEQUENCE loose;

CREATE TABLE "Child" (
  parent integer,
  at timestamp with time zone NOT NULL DEFAULT now(),
  n numeric(20,2) DEFAULT 0.00,
  tags text[] DEFAULT '{}'::text[],
  twice numeric GENERATED ALWAYS AS ((n * (2)::numeric)) STORED,
  m mood DEFAULT 'a'::mood,
  s share,
  raw text COLLATE "C",
  CONSTRAINT "Child_check" CHECK (((n >= (0)::numeric) AND ((m IS NULL) OR (m = 'a'::mood))))
) PARTITION BY RANGE (at);

CREATE TABLE parent (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  span int4range,
  CONSTRAINT parent_pkey PRIMARY KEY (id),
  CONSTRAINT parent_name_key UNIQUE (name),
  CONSTRAINT parent_span_excl EXCLUDE USING gist (span WITH &&)
);

ALTER TABLE "Child" ADD CONSTRAINT "Child_parent_fkey" FOREIGN KEY (parent) REFERENCES parent(id);

CREATE INDEX child_at ON ONLY public."Child" USING btree (at DESC) WHERE (n > (0)::numeric);

CREATE OR REPLACE FUNCTION public.f(a integer, b text DEFAULT 'x'::text)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$ SELECT a + length(b) $function$;

CREATE OR REPLACE FUNCTION public.guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN RAISE EXCEPTION 'no'; END $function$;

CREATE TRIGGER t BEFORE DELETE OR UPDATE ON public.parent FOR EACH ROW WHEN ((old.name <> 'x'::text)) EXECUTE FUNCTION guard();

CREATE MATERIALIZED VIEW m AS
 SELECT 1 AS one;

CREATE VIEW single AS
 SELECT id,
    upper(name) AS name
   FROM parent
  WHERE name ~~ 'a%'::text;

CREATE VIEW v AS
 SELECT name,
    count(*) AS n
   FROM parent p
     LEFT JOIN "Child" c ON parent = id
  WHERE id > 0
  GROUP BY name;
