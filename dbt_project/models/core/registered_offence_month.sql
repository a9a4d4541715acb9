-- One row per municipality, month of report, place and published category, with the registrations that count there.
{{ config(
    indexes=[{'columns': ['municipality_code', 'month']}],
) }}

-- Only for who has published figures to lay beside it, and from the first month of those.
with published as (
  select
    municipality_code,
    min(month) as since
  from {{ ref('published_offence') }}
  group by municipality_code
),

gravity as (
  select
    published_category,
    gravity
  from {{ ref('seed_offence_gravity') }}
  where version = (select max(newest.version) from {{ ref('seed_offence_gravity') }} as newest)
),

-- An offence is a code with a published category; a registration without a number stands alone.
offence as (
  select
    incident.municipality_code,
    incident.incident_id,
    incident.registration_id,
    case when incident.registration_id is null then incident.incident_id end as alone,
    incident.reported_at,
    incident.buurt_code,
    incident.wijk_code,
    incident.place_quality = 'outside' as is_outside,
    code.published_category,
    gravity.gravity
  from published
  inner join {{ ref('fct_incident') }} as incident
    on published.municipality_code = incident.municipality_code
  inner join {{ ref('dim_offence') }} as code
    on incident.offence_code = code.offence_code
  left join gravity
    on code.published_category = gravity.published_category
  where code.published_category is not null
),

-- The publisher's rule: one registration is one offence, its gravest.
gravest as (
  select distinct on (municipality_code, registration_id, alone) *
  from offence
  order by
    municipality_code asc, registration_id asc, alone asc,
    gravity asc nulls last, reported_at asc, incident_id asc
),

final as (
  select
    gravest.municipality_code,
    date_trunc('month', gravest.reported_at at time zone municipality.time_zone)::date as month,
    gravest.buurt_code,
    gravest.wijk_code,
    gravest.is_outside,
    gravest.published_category,
    count(*) as offences
  from gravest
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on gravest.municipality_code = municipality.municipality_code
  inner join published
    on gravest.municipality_code = published.municipality_code
  where gravest.reported_at at time zone municipality.time_zone >= published.since
  group by
    gravest.municipality_code,
    date_trunc('month', gravest.reported_at at time zone municipality.time_zone),
    gravest.buurt_code, gravest.wijk_code, gravest.is_outside, gravest.published_category
)

select *
from final
