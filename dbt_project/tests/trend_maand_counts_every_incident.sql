-- One row per municipality and niveau whose months do not add up to exactly its number of incidents.
{{ config(meta={'dagster': {'ref': {'name': 'trend_maand'}}}) }}

with expected as (
  select
    incident.municipality_code,
    niveau.niveau,
    count(*) as incidents
  from {{ ref('fct_incident') }} as incident
  cross join (values ('gemeente'), ('wijk')) as niveau (niveau)
  group by incident.municipality_code, niveau.niveau
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
