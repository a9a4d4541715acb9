-- One row per municipality and MK code that is not in the code list: it counts, but without category or theme.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_incident'}}}) }}

select
  incident.municipality_code,
  incident.offence_code,
  count(*) as incidents
from {{ ref('fct_incident') }} as incident
left join {{ ref('dim_offence') }} as offence
  on incident.offence_code = offence.offence_code
where offence.offence_code is null
group by incident.municipality_code, incident.offence_code
