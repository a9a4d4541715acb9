-- One row per version that was believed while another version of the same incident was too.
{{ config(meta={'dagster': {'ref': {'name': 'fct_incident_version'}}}) }}

with believed as (
  select
    municipality_code,
    incident_id,
    row_id,
    known_from,
    max(coalesce(known_to, 'infinity')) over (
      partition by municipality_code, incident_id
      order by known_from, row_id
      rows between unbounded preceding and 1 preceding
    ) as earlier_known_to
  from {{ ref('fct_incident_version') }}
  where (known_to is null or known_to > known_from) and {{ is_new('computed_at') }}
)

select *
from believed
where known_from < earlier_known_to
