-- The roles of a PostgreSQL installation. Run it as the owner of the tables, after `marsad db upgrade`, and again after each:
--   psql "$MARSAD_OWNER_URL" -v ON_ERROR_STOP=1 -f deploy/sql/roles.sql
-- marsad_app:    what the service needs; the log can be written to at its end, and never changed
-- marsad_reader: the views of `reporting_v1` and nothing else; for Grafana, notebooks and other readers
-- Give each role to a login:  CREATE ROLE grafana LOGIN PASSWORD '…' IN ROLE marsad_reader;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'marsad_app') THEN CREATE ROLE marsad_app NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'marsad_reader') THEN CREATE ROLE marsad_reader NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server is being set up
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM marsad_app, marsad_reader;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO marsad_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO marsad_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO marsad_app;

-- the log, its seals and the schema's version: what the triggers refuse, the grants refuse too
REVOKE UPDATE, DELETE ON events, log_seals FROM marsad_app;
REVOKE INSERT, DELETE ON log_head FROM marsad_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM marsad_app;

GRANT USAGE ON SCHEMA reporting_v1 TO marsad_app, marsad_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA reporting_v1 TO marsad_app, marsad_reader;
ALTER ROLE marsad_reader SET default_transaction_read_only = on;
