-- One row per municipality whose streets do not add up to exactly its incidents with a street and a place to trust.
{{ config(meta={'dagster': {'ref': {'name': 'straat_maand'}}}) }}

with expected as (
  select
    municipality_code,
    count(*) as incidents
  from {{ ref('fct_incident') }}
  where street_key is not null and place_quality in ('exact', 'street')
  group by municipality_code
),

found as (
  select
    gemeentecode as municipality_code,
    sum(aantal) as incidents
  from {{ ref('straat_maand') }}
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
