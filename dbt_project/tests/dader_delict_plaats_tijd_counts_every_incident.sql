-- Incidents per municipality and month are those of the map.
with here as (
  select
    gemeentecode,
    maand,
    sum(incidenten) as incidents
  from {{ ref('dader_delict_plaats_tijd') }}
  where soort = 'incidenten'
  group by gemeentecode, maand
),

map as (
  select
    gemeentecode,
    date_trunc('month', datum)::date as maand,
    sum(aantal) as incidents
  from {{ ref('incident_kaart') }}
  group by gemeentecode, date_trunc('month', datum)::date
)

select
  here.incidents as here,
  map.incidents as on_the_map
from here
full outer join map
  on
    here.gemeentecode = map.gemeentecode
    and here.maand = map.maand
where here.incidents is distinct from map.incidents
