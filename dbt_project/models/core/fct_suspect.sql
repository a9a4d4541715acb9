-- One row per municipality, incident and suspected person, as last delivered; suspicions taken back are not here.
{{ config(
    indexes=[{'columns': ['municipality_code', 'incident_id', 'person_key'], 'unique': true}],
) }}

with latest as (
  select distinct on (municipality_code, incident_id, person_key) *
  from {{ ref('stg_raw__suspect') }}
  order by
    municipality_code asc, incident_id asc, person_key asc, received_at desc, delivery_id desc, row_number desc
),

-- A suspect of an incident that is not there (yet, or any more) stays, without a moment.
placed as (
  select
    latest.*,
    incident.begin_at,
    (incident.begin_at at time zone municipality.time_zone)::date as begin_on,
    municipality.name as municipality_name
  from latest
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on latest.municipality_code = municipality.municipality_code
  left join {{ ref('fct_incident') }} as incident
    on
      latest.municipality_code = incident.municipality_code
      and latest.incident_id = incident.incident_id
  where latest.status = 'active'
),

aged as (
  select
    *,
    -- Only the year of birth is known: the age that the person reaches in the year of the incident.
    date_part('year', begin_on)::integer - birth_year as age,
    rank() over (
      partition by municipality_code, person_key, begin_at is null
      order by begin_at
    ) as occasion
  from placed
),

final as (
  select
    aged.municipality_code,
    aged.incident_id,
    aged.person_key,
    aged.begin_at,
    aged.begin_on,
    aged.begin_on is not null as has_incident,
    aged.birth_year,
    aged.age,
    -- An age below 0 or above 110 is in no band.
    coalesce(band.age_band, 'onbekend') as age_band,
    case when aged.begin_on is null then null when aged.occasion = 1 then 'eerste' else 'herhaald' end as occasion,
    case
      when aged.home_municipality is null then 'onbekend'
      when lower(aged.home_municipality) in (lower(aged.municipality_code), lower(aged.municipality_name))
        then 'binnen'
      else 'buiten'
    end as residence,
    aged.sex,
    aged.delivery_id,
    aged.row_id
  from aged
  left join {{ ref('stg_raw__age_band') }} as band
    on
      aged.municipality_code = band.municipality_code
      and aged.age between band.from_age and band.to_age
)

select *
from final
