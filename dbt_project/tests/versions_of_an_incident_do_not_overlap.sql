-- One row per version that was believed while another version of the same incident was too.
{{ config(meta={'dagster': {'ref': {'name': 'fct_incident_version'}}}) }}

with believed as not materialized (
  select
    municipality_code,
    incident_id,
    row_id,
    is_current,
    known_from,
    coalesce(known_to, 'infinity') as known_to
  from {{ ref('fct_incident_version') }}
  where (known_to is null or known_to > known_from) and {{ is_new('computed_at') }}
),

-- That no two are current is looked at elsewhere: of two that overlap one at least is not, and of those there are few.
past as (
  select *
  from believed
  where not is_current
),

final as (
  select
    past.municipality_code,
    past.incident_id,
    past.row_id,
    other.row_id as other_row_id
  from past
  inner join believed as other
    on
      past.municipality_code = other.municipality_code
      and past.incident_id = other.incident_id
      and past.row_id <> other.row_id
      and past.known_from < other.known_to
      and past.known_to > other.known_from
)

select *
from final
