-- One row per incident whose weights do not sum to exactly 1, or that has none.
{{ config(meta={'dagster': {'ref': {'name': 'fct_incident_dagdeel'}}}) }}

with weighed as (
  select
    municipality_code,
    incident_id,
    sum(weight) as weight
  from {{ ref('fct_incident_dagdeel') }}
  group by municipality_code, incident_id
),

final as (
  select
    incident.municipality_code,
    incident.incident_id,
    weighed.weight
  from {{ ref('fct_incident') }} as incident
  full outer join weighed
    on
      incident.municipality_code = weighed.municipality_code
      and incident.incident_id = weighed.incident_id
  where incident.incident_id is null or weighed.weight is distinct from 1
)

select *
from final
