-- Least privilege. Raw is append-only for the loader: it may add rows and close a delivery, never change one. Of a
-- quarantined row it may note what became of it, never its text, number or reason.
revoke all on schema public from public;
grant usage on schema raw, enriched to vis_loader, vis_transformer;
grant select, insert on all tables in schema raw to vis_loader;
grant update on raw.delivery, raw.municipality, raw.source, raw.progress, raw.notice to vis_loader;
grant update (retried_in, released_at) on raw.quarantine to vis_loader;
grant select, insert, update, delete on all tables in schema enriched to vis_loader;
grant select on all tables in schema raw, enriched to vis_transformer;
-- Departments' signals are for the signaleringstool alone: no model may read them.
-- What could not be loaded holds of them as well: of that dbt sees raw.quarantine_column.
revoke all on raw.signal, raw.accepted_signal, raw.quarantine from vis_transformer;
-- dbt analyses the ledger before it plans over the rows of all deliveries (docs/adr/0016). Older servers do not know the right;
-- there the ledger is left to autovacuum.
do $$ begin
  if current_setting('server_version_num')::integer >= 170000 then
    execute 'grant maintain on raw.delivery to vis_transformer';
    -- And the loader analyses what it has just written much of.
    execute 'grant maintain on raw.incident, enriched.incident_place, enriched.incident_dagdeel to vis_loader';
  end if;
end $$;

-- dbt owns what it builds.
create schema if not exists staging authorization vis_transformer;
create schema if not exists core authorization vis_transformer;
create schema if not exists analysis authorization vis_transformer;
create schema if not exists marts authorization vis_transformer;
create schema if not exists publiek authorization vis_transformer;

grant usage on schema marts, publiek to vis_bi;
grant usage on schema publiek to vis_public;
alter default privileges for role vis_transformer in schema marts grant select on tables to vis_bi;
alter default privileges for role vis_transformer in schema publiek grant select on tables to vis_bi, vis_public;
-- The signals service reads the register of addresses (`core.dim_address`, `address_register`, `address_place`) and no
-- other table of core, through grants made by dbt.
grant usage on schema core to vis_signals;
-- What it may do in `signals` and `audit` stands in signals_service/store/migrations.

-- The loader judges a delivery in a temporary table before any of it is appended to raw; dbt's incremental models
-- and unit tests work in temporary tables too.
do $$ begin execute format('grant temporary on database %I to vis_loader, vis_transformer', current_database()); end $$;
