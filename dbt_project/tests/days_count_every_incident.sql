-- One row per municipality whose days do not add up to exactly its number of incidents.
{{ config(meta={'dagster': {'ref': {'name': 'incident_day'}}}) }}

-- Over everything: what a day has lost without being written anew shows in the sum alone, and both sums are cheap.
with expected as (
  select
    municipality_code,
    count(*) as incidents
  from {{ ref('fct_incident') }}
  group by municipality_code
),

found as (
  select
    municipality_code,
    sum(weight) as incidents
  from {{ ref('incident_day') }}
  where parts > 0
  group by municipality_code
),

final as (
  select
    coalesce(expected.municipality_code, found.municipality_code) as municipality_code,
    expected.incidents as expected,
    found.incidents as found
  from expected
  full outer join found
    on expected.municipality_code = found.municipality_code
  where expected.incidents is distinct from found.incidents
)

select *
from final
