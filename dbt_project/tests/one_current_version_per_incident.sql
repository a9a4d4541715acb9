-- One row per incident that has not exactly one current version; an incident is written with all its versions.
select
  municipality_code,
  incident_id,
  count(*) filter (where is_current) as current_versions
from {{ ref('fct_incident_version') }}
where {{ is_new('computed_at') }}
group by municipality_code, incident_id
having count(*) filter (where is_current) <> 1
