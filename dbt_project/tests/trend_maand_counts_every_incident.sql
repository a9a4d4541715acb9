-- One row per municipality and niveau whose months do not add up to exactly its number of incidents.
{{ config(meta={'dagster': {'ref': {'name': 'trend_maand'}}}) }}

-- By the weights of the days, each of which was looked at when it was last written.
with expected as (
  select
    day.municipality_code,
    niveau.niveau,
    sum(day.weight) as incidents
  from {{ ref('incident_day') }} as day
  cross join (values ('gemeente'), ('wijk')) as niveau (niveau)
  where day.parts > 0
  group by day.municipality_code, niveau.niveau
),

found as (
  select
    gemeentecode as municipality_code,
    niveau,
    sum(aantal) as incidents
  from {{ ref('trend_maand') }}
  group by gemeentecode, niveau
),

final as (
  select
    coalesce(expected.municipality_code, found.municipality_code) as municipality_code,
    coalesce(expected.niveau, found.niveau) as niveau,
    expected.incidents as expected,
    found.incidents as found
  from expected
  full outer join found
    on
      expected.municipality_code = found.municipality_code
      and expected.niveau = found.niveau
  where expected.incidents is distinct from found.incidents
)

select *
from final
