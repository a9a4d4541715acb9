-- One row per incident whose weights do not sum to exactly 1, or that has none.
{{ config(meta={'dagster': {'ref': {'name': 'fct_incident_dagdeel'}}}) }}

-- The weights of an incident are written together.
with weighed as (
  select
    municipality_code,
    incident_id,
    sum(weight) as weight
  from {{ ref('fct_incident_dagdeel') }}
  where {{ is_new('computed_at') }}
  group by municipality_code, incident_id
),

final as (
  select *
  from weighed
  where weight <> 1
  union all
  select
    incident.municipality_code,
    incident.incident_id,
    null as weight
  from {{ ref('fct_incident') }} as incident
  where
    {{ is_new('incident.computed_at') }}
    and not exists (
      select 1 from {{ ref('fct_incident_dagdeel') }} as part
      where part.municipality_code = incident.municipality_code and part.incident_id = incident.incident_id
    )
)

select *
from final
