-- One row per municipality with incidents that the enrichment has not seen: they count without place or dagdeel.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_incident'}}}) }}

with written as (
  select
    municipality_code,
    row_id
  from {{ ref('fct_incident') }}
  where {{ is_new('computed_at') }}
),

-- Each by itself: of an `or` of the two PostgreSQL cannot make joins.
missing as (
  select *
  from written
  where
    not exists (
      select 1 from {{ source('enriched', 'incident_place') }} as place
      where place.municipality_code = written.municipality_code and place.row_id = written.row_id
    )
  union
  select *
  from written
  where not exists (
    select 1 from {{ source('enriched', 'incident_dagdeel') }} as part
    where part.municipality_code = written.municipality_code and part.row_id = written.row_id
  )
)

select
  municipality_code,
  count(*) as incidents
from missing
group by municipality_code
