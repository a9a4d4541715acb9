-- One row per suspect of a known incident, with the place, offence and time under which it may be shown.
with suspect as (
  select
    suspect.row_id,
    suspect.person_key,
    suspect.municipality_code,
    -- Below twice the minimum no attribute could be told apart, and the number of suspects of a wijk is known from the
    -- incidents themselves: a smaller cell is of more use together with its neighbours.
    2 * municipality.small_number as enough,
    municipality.small_number as at_least,
    coalesce(incident.wijk_code, case incident.place_quality when 'outside' then 'buiten' else 'geen' end) as wijk_code,
    coalesce(offence.theme, 'Onbekend') as theme,
    date_part('year', suspect.begin_on)::text as year,
    date_part('year', suspect.begin_on)::text || '-K' || date_part('quarter', suspect.begin_on)::text as quarter
  from {{ ref('fct_suspect') }} as suspect
  inner join {{ ref('fct_incident') }} as incident
    on
      suspect.municipality_code = incident.municipality_code
      and suspect.incident_id = incident.incident_id
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on suspect.municipality_code = municipality.municipality_code
  left join {{ ref('dim_offence') }} as offence
    on incident.offence_code = offence.offence_code
  where suspect.has_incident
),

{{ merged('suspect', ['municipality_code'], [
    {'wijk_code': 'wijk_code', 'theme': 'theme', 'year': 'year', 'quarter': 'quarter'},
    {'wijk_code': "'alle'", 'theme': 'theme', 'year': 'year', 'quarter': 'quarter'},
    {'wijk_code': "'alle'", 'theme': 'theme', 'year': 'year', 'quarter': "'alle'"},
    {'wijk_code': "'alle'", 'theme': "'alle'", 'year': 'year', 'quarter': "'alle'"},
    {'wijk_code': "'alle'", 'theme': "'alle'", 'year': "'alle'", 'quarter': "'alle'"},
]) }},

final as (
  select
    *,
    wijk_code || '|' || theme || '|' || year || '|' || quarter as cell
  from merged
)

select *
from final
