-- The warehouse before dbt: schemas, the delivery ledger, what geopandas found. Idempotent.
create schema if not exists raw;
create schema if not exists enriched;
create schema if not exists signals;
create schema if not exists audit;

create table if not exists raw.municipality (
  municipality_code text primary key,
  name text not null,
  fictional boolean not null,
  attribution text not null,
  crs text not null,
  time_zone text not null,
  area_vintage text not null,
  hic_categories text[] not null,
  small_number integer not null,
  dagdelen jsonb not null default '{"nacht": 0, "ochtend": 6, "middag": 12, "avond": 18}'  -- first local hour of each
);
-- Other names for its places, each with the place: {"Haven": "Almere"}.
alter table raw.municipality add column if not exists place_aliases jsonb not null default '{}';
alter table raw.municipality add column if not exists age_bands integer[] not null default '{12,18,25,35,50}';

-- The law by which streets are told apart: place and name, whatever the case. Both dbt and the placing of incidents ask it.
create or replace function raw.street_key(municipality_code text, street text, place text) returns text
language sql stable parallel safe
return md5(concat_ws('|', municipality_code, lower(btrim(street)), lower(coalesce(btrim(place), ''))));
-- Thresholds of the quality checks; the municipality's folder overwrites the defaults before each run.
alter table raw.municipality add column if not exists reconcile_relative double precision not null default 0.1;
alter table raw.municipality add column if not exists reconcile_minimum integer not null default 5;
alter table raw.municipality add column if not exists default_time_excess double precision not null default 0.05;

create table if not exists raw.source (
  municipality_code text not null,
  source text not null,
  shape text not null,
  title text not null,
  department text not null,
  contact text not null,
  legal_basis text not null,
  freshness_hours double precision,
  primary key (municipality_code, source)
);
-- From which day on it owes a delivery about every day; null for a source that does not.
alter table raw.source add column if not exists daily_since date;

create table if not exists raw.delivery (
  delivery_id bigint generated always as identity primary key,
  municipality_code text not null,
  source text not null,
  shape text not null,
  file_name text not null,
  sha256 text not null,
  size_bytes bigint not null,
  landing_path text not null,
  source_hash text not null,               -- of the source's YAML: a refused delivery is tried again once it is mended
  received_at timestamptz not null default clock_timestamp(),
  delivery_day date not null,              -- the day it is about: as its name says, else the local day of arrival
  loaded_at timestamptz,
  rows_read bigint not null default 0,
  rows_loaded bigint not null default 0,
  rows_quarantined bigint not null default 0,
  rows_duplicate bigint not null default 0,
  status text not null default 'landed'
    check (status in ('landed', 'loaded', 'accepted', 'held', 'refused', 'superseded')),
  reason text,
  released_from bigint references raw.delivery  -- of a release: the delivery whose quarantined rows it tries again
);
-- Since when its rows are known; null for deliveries accepted before this was kept, which count from their arrival.
alter table raw.delivery add column if not exists accepted_at timestamptz;
alter table raw.delivery add column if not exists released_from bigint references raw.delivery;
-- Why an administrator let it count although it is far smaller than usual or gives a day to come (`vis accept`).
alter table raw.delivery add column if not exists trusted_because text;
create index if not exists delivery_released_from on raw.delivery (released_from) where released_from is not null;
alter table raw.delivery add column if not exists delivery_day date;
update raw.delivery as d
set delivery_day = (
  d.received_at at time zone coalesce(
    (select m.time_zone from raw.municipality as m where m.municipality_code = d.municipality_code), 'Europe/Amsterdam'
  )
)::date
where d.delivery_day is null;
alter table raw.delivery alter column delivery_day set not null;
-- False for a file without a day in its name where the names of its source have one: a history is no delivery of a day.
alter table raw.delivery add column if not exists is_of_day boolean not null default true;
create index if not exists delivery_by_day on raw.delivery (municipality_code, source, delivery_day);
-- Bytes that are tried again get a new number when rows of the first try stand in raw, which is append-only.
create unique index if not exists delivery_bytes on raw.delivery (municipality_code, source, sha256)
where status <> 'superseded';

create table if not exists raw.progress (
  municipality_code text not null,
  stage text not null,                     -- landing/<source>, gate/<source>, place, dagdeel or build
  state text not null,                     -- what the stage last finished with
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (municipality_code, stage)
);

-- Notices by e-mail: each is written once and sent until a mail server takes it. Never a row, address or name in it.
create table if not exists raw.notice (
  municipality_code text not null,
  notice_key text not null,                -- what it is about; the same thing is told once
  subject text not null,
  body text not null,
  raised_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,                  -- null: still to be sent
  outcome text check (outcome in ('sent', 'no_mail')),
  primary key (municipality_code, notice_key)
);

create table if not exists raw.quarantine (
  delivery_id bigint not null references raw.delivery,
  municipality_code text not null,
  row_number bigint not null,
  reason text not null,
  record text not null,
  quarantined_at timestamptz not null default clock_timestamp(),
  retried_in bigint references raw.delivery,  -- the release that last tried this row again
  released_at timestamptz,                    -- when the gate let that release through with this row in it
  primary key (delivery_id, row_number)
);
alter table raw.quarantine add column if not exists retried_in bigint references raw.delivery;
alter table raw.quarantine add column if not exists released_at timestamptz;
create index if not exists quarantine_retried_in on raw.quarantine (retried_in) where retried_in is not null;

-- What dbt may know of a quarantined row: the heading that is blamed and whether it was empty. The row and its reason
-- hold what was found, of departments' signals too. A heading comes from the source's declaration; what was found stands
-- in quotes as well, but with its own quotes escaped, so that no value can pass for a heading.
create or replace view raw.quarantine_column as
select
  delivery_id, municipality_code, row_number, released_at,
  substring(reason from 'kolom "[^"\\]*"(?: \(\w+\))?: (?:leeg)?') as blamed
from raw.quarantine;

create table if not exists enriched.area (
  municipality_code text not null,
  area_code text not null,
  vintage text not null,
  area_name text not null,
  level text not null,
  parent_code text,
  derived boolean not null,                -- true: dissolved from the level below, not delivered
  geometry_geojson text not null,          -- WGS84
  area_ha double precision not null,
  inhabitants integer,
  households integer,
  primary key (municipality_code, area_code, vintage)
);

create table if not exists enriched.area_ring (
  municipality_code text not null,
  area_code text not null,
  vintage text not null,
  ring_number integer not null,            -- 1 is the largest part
  ring_json text not null,                 -- [[lon, lat], …] of the outer ring, WGS84
  primary key (municipality_code, area_code, vintage, ring_number)
);

create table if not exists enriched.incident_place (
  municipality_code text not null,
  row_id bigint not null,                  -- raw.incident
  vintage text not null,
  buurt_code text,
  wijk_code text,
  place_quality text not null
    check (place_quality in ('exact', 'street', 'buurt', 'default_point', 'outside', 'none')),
  primary key (municipality_code, row_id)
);

alter table enriched.incident_place add column if not exists street_key text;           -- core.dim_street
alter table enriched.incident_place add column if not exists nummeraanduiding_id text;  -- core.dim_address
alter table enriched.incident_place add column if not exists block_code text;           -- face of addresses or grid cell
-- How the street was found (name, abbreviation, typo) or why not (too_far, ambiguous, unknown).
alter table enriched.incident_place add column if not exists place_note text;
-- Whether the coordinate lies in a buurt, which that of a default point can do as well. Rows from before this column
-- are all placed anew (LAW in geo/locate.py).
alter table enriched.incident_place add column if not exists point_in_buurt boolean not null default false;

create table if not exists enriched.default_point (
  municipality_code text not null,
  x double precision not null,             -- metres, in the municipality's CRS
  y double precision not null,
  incidents bigint not null,
  share double precision not null,         -- of the incidents with a coordinate
  categories integer not null,
  streets integer not null,
  reason text not null,
  primary key (municipality_code, x, y)
);
-- What the municipality's folder says of it (listed_default_points); null when nobody has looked at it yet.
alter table enriched.default_point add column if not exists listed_reason text;

create table if not exists enriched.incident_dagdeel (
  municipality_code text not null,
  row_id bigint not null,                  -- raw.incident
  local_date date not null,
  dagdeel text not null,
  weight numeric(10, 9) not null check (weight > 0 and weight <= 1),
  primary key (municipality_code, row_id, local_date, dagdeel)
);

-- Since when a place or a weight stands as it does: what is built from them looks only at what is newer.
alter table enriched.incident_place add column if not exists computed_at timestamptz not null default now();
alter table enriched.incident_dagdeel add column if not exists computed_at timestamptz not null default now();
create index if not exists incident_place_computed_at on enriched.incident_place (computed_at);
create index if not exists incident_dagdeel_computed_at on enriched.incident_dagdeel (computed_at);

-- What stood before: an area or a place that was replaced by another, so that a figure of then can be shown again. `replaced_at` is
-- until when it stood. A column that is added above is added here as well.
create table if not exists enriched.area_before (like enriched.area, replaced_at timestamptz not null);
create index if not exists area_before_key on enriched.area_before (municipality_code, replaced_at);
create table if not exists enriched.incident_place_before (like enriched.incident_place, replaced_at timestamptz not null);
create index if not exists incident_place_before_key
on enriched.incident_place_before (municipality_code, row_id, replaced_at);

create or replace function enriched.keep() returns trigger language plpgsql as $$
begin
  execute format('insert into enriched.%I select gone.*, statement_timestamp() from gone', tg_table_name || '_before');
  return null;
end
$$;
create or replace trigger keep after delete on enriched.area
referencing old table as gone for each statement execute function enriched.keep();
create or replace trigger keep after delete on enriched.incident_place
referencing old table as gone for each statement execute function enriched.keep();

-- The areas of a municipality are replaced together, so those of a moment are the set that was replaced first after it.
create or replace function enriched.area_as_known_at(moment timestamptz) returns setof enriched.area
language sql stable parallel safe as $$
  select area.* from enriched.area as area
  where not exists (
    select from enriched.area_before as later
    where later.municipality_code = area.municipality_code and later.replaced_at > moment
  )
  union all
  select
    before.municipality_code, before.area_code, before.vintage, before.area_name, before.level, before.parent_code,
    before.derived, before.geometry_geojson, before.area_ha, before.inhabitants, before.households
  from enriched.area_before as before
  where before.replaced_at = (
    select min(later.replaced_at) from enriched.area_before as later
    where later.municipality_code = before.municipality_code and later.replaced_at > moment
  )
$$;
-- An incident that had no place yet has its first one: the marts do not show what was not placed.
create or replace function enriched.incident_place_as_known_at(moment timestamptz) returns setof enriched.incident_place
language sql stable parallel safe as $$
  select place.* from enriched.incident_place as place
  where not exists (
    select from enriched.incident_place_before as later
    where later.municipality_code = place.municipality_code and later.row_id = place.row_id
      and later.replaced_at > moment
  )
  union all
  (
    select distinct on (before.municipality_code, before.row_id)
      before.municipality_code, before.row_id, before.vintage, before.buurt_code, before.wijk_code,
      before.place_quality, before.street_key, before.nummeraanduiding_id, before.block_code, before.place_note,
      before.point_in_buurt, before.computed_at
    from enriched.incident_place_before as before
    where before.replaced_at > moment
    order by before.municipality_code, before.row_id, before.replaced_at
  )
$$;

-- Deliveries whose incidents all have their places or weights: the next run passes them over without a look.
create table if not exists enriched.finished_delivery (
  municipality_code text not null,
  stage text not null check (stage in ('place', 'dagdeel')),
  delivery_id bigint not null references raw.delivery,
  primary key (municipality_code, stage, delivery_id)
);

-- Whoever deletes a place or a weight, for whatever reason: the deliveries concerned are unfinished again.
create or replace function enriched.unfinish() returns trigger language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from enriched.finished_delivery where stage = tg_argv[0];
  else
    delete from enriched.finished_delivery as f
    where f.stage = tg_argv[0] and exists (
      select from gone inner join raw.incident as i using (municipality_code, row_id)
      where i.municipality_code = f.municipality_code and i.delivery_id = f.delivery_id
    );
  end if;
  return null;
end
$$;
create or replace trigger unfinish after delete on enriched.incident_place
referencing old table as gone for each statement execute function enriched.unfinish('place');
create or replace trigger unfinish after delete on enriched.incident_dagdeel
referencing old table as gone for each statement execute function enriched.unfinish('dagdeel');
create or replace trigger unfinish_all after truncate on enriched.incident_place
for each statement execute function enriched.unfinish('place');
create or replace trigger unfinish_all after truncate on enriched.incident_dagdeel
for each statement execute function enriched.unfinish('dagdeel');
