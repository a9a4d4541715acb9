-- One row per municipality with incidents that the enrichment has not seen: they count without place or dagdeel.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_incident'}}}) }}

select
  incident.municipality_code,
  count(*) as incidents
from {{ ref('fct_incident') }} as incident
where
  not exists (
    select 1 from {{ source('enriched', 'incident_place') }} as place
    where place.municipality_code = incident.municipality_code and place.row_id = incident.row_id
  )
  or not exists (
    select 1 from {{ source('enriched', 'incident_dagdeel') }} as part
    where part.municipality_code = incident.municipality_code and part.row_id = incident.row_id
  )
group by incident.municipality_code
