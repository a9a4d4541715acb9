-- One row per municipality whose map does not add up to exactly its number of incidents.
{{ config(meta={'dagster': {'ref': {'name': 'incident_kaart'}}}) }}

with expected as (
  select
    municipality_code,
    count(*) as incidents
  from {{ ref('fct_incident') }}
  group by municipality_code
),

found as (
  select
    gemeentecode as municipality_code,
    sum(aantal) as incidents
  from {{ ref('incident_kaart') }}
  group by gemeentecode
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
