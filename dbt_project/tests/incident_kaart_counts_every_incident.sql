-- One row per day on which the map does not add up to exactly the weights of its incidents.
{{ config(meta={'dagster': {'ref': {'name': 'incident_kaart'}}}) }}

-- By the weight of the day as it was summed before the map; that the days hold every incident is looked at there.
with expected as (
  select
    municipality_code,
    local_date,
    weight as incidents
  from {{ ref('incident_day') }}
  where {{ is_new('changed_at') }}
),

found as (
  select
    expected.municipality_code,
    expected.local_date,
    coalesce(sum(kaart.aantal), 0) as incidents
  from expected
  left join {{ ref('incident_kaart') }} as kaart
    on
      expected.municipality_code = kaart.gemeentecode
      and expected.local_date = kaart.datum
  group by expected.municipality_code, expected.local_date
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
