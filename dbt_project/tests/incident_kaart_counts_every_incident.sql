-- One row per day on which the map does not add up to exactly the weights of its incidents.
{{ config(meta={'dagster': {'ref': {'name': 'incident_kaart'}}}) }}

with written as (
  select
    municipality_code,
    local_date
  from {{ ref('incident_day') }}
  where {{ is_new('changed_at') }}
),

expected as (
  select
    written.municipality_code,
    written.local_date,
    coalesce(sum(part.weight), 0) as incidents
  from written
  left join {{ ref('fct_incident_dagdeel') }} as part
    on
      written.municipality_code = part.municipality_code
      and written.local_date = part.local_date
  group by written.municipality_code, written.local_date
),

found as (
  select
    written.municipality_code,
    written.local_date,
    coalesce(sum(kaart.aantal), 0) as incidents
  from written
  left join {{ ref('incident_kaart') }} as kaart
    on
      written.municipality_code = kaart.gemeentecode
      and written.local_date = kaart.datum
  group by written.municipality_code, written.local_date
),

final as (
  select
    expected.municipality_code,
    expected.local_date,
    expected.incidents as expected,
    found.incidents as found
  from expected
  inner join found
    on
      expected.municipality_code = found.municipality_code
      and expected.local_date = found.local_date
  where expected.incidents <> found.incidents
)

select *
from final
