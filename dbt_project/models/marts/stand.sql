-- Eén regel per gemeente: tot wanneer de gegevens lopen en hoeveel er zijn.
with incident as (
  select
    municipality_code,
    count(*) as incidents,
    count(*) filter (where buurt_code is null and place_quality <> 'outside') as without_place,
    count(*) filter (where place_quality = 'default_point') as on_default_point
  from {{ ref('fct_incident') }}
  group by municipality_code
),

reported as (
  select
    municipality_code,
    max(reported_at) as until
  from {{ ref('fct_incident_version') }}
  group by municipality_code
),

delivery as (
  select
    municipality_code,
    max(received_at) as received_at
  from {{ ref('stg_raw__delivery') }}
  where status = 'accepted'
  group by municipality_code
),

final as (
  select
    municipality.municipality_code as gemeentecode,
    municipality.name as gemeente,
    municipality.is_fictional as fictief,
    municipality.attribution as bronvermelding,
    reported.until as gegevens_tot,
    delivery.received_at as laatste_levering_op,
    coalesce(incident.incidents, 0) as incidenten,
    coalesce(incident.without_place, 0) as zonder_plaats,
    coalesce(incident.on_default_point, 0) as standaardpunt,
    municipality.small_number as kleine_aantallen
  from {{ ref('stg_raw__municipality') }} as municipality
  left join incident
    on municipality.municipality_code = incident.municipality_code
  left join reported
    on municipality.municipality_code = reported.municipality_code
  left join delivery
    on municipality.municipality_code = delivery.municipality_code
)

select *
from final
