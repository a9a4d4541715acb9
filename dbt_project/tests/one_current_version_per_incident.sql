-- One row per incident that has not exactly one current version.
select
  municipality_code,
  incident_id,
  count(*) filter (where is_current) as current_versions
from {{ ref('fct_incident_version') }}
group by municipality_code, incident_id
having count(*) filter (where is_current) <> 1
