-- One row per incident whose weights do not sum to exactly 1, or that has none.
{{ config(meta={'dagster': {'ref': {'name': 'fct_incident_dagdeel'}}}) }}

with written as (
  select
    municipality_code,
    incident_id
  from {{ ref('fct_incident') }}
  where {{ is_new('computed_at') }}
  union
  select
    municipality_code,
    incident_id
  from {{ ref('fct_incident_dagdeel') }}
  where {{ is_new('computed_at') }}
),

final as (
  select
    written.municipality_code,
    written.incident_id,
    sum(part.weight) as weight
  from written
  left join {{ ref('fct_incident_dagdeel') }} as part
    on
      written.municipality_code = part.municipality_code
      and written.incident_id = part.incident_id
  group by written.municipality_code, written.incident_id
)

select *
from final
where weight is distinct from 1
