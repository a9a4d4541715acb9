-- Eén regel per gemeente, gebied, lokale datum, dagdeel en delict; aantal is de som van de gewichten.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['gemeentecode', 'datum'],
    on_schema_change='fail',
    indexes=[
      {'columns': ['gemeentecode', 'datum']},
      {'columns': ['gemeentecode', 'buurtcode', 'datum']},
    ],
    post_hook=[
      "delete from {{ this }} as kaart
       where exists (
         select 1 from {{ ref('incident_day') }} as day
         where
           day.municipality_code = kaart.gemeentecode and day.local_date = kaart.datum and day.parts = 0
       )",
      "analyze {{ this }}",
      "{{ create_as_known_at() }}",
    ],
) }}

{% if is_incremental() %}
with computed as (
  select
    gemeentecode,
    datum,
    min(berekend_op) as berekend_op
  from {{ this }}
  group by gemeentecode, datum
),

changed_day as (
  select
    day.municipality_code,
    day.local_date
  from {{ ref('incident_day') }} as day
  left join computed
    on
      day.municipality_code = computed.gemeentecode
      and day.local_date = computed.datum
  where
    day.parts > 0
    and (computed.berekend_op is null or computed.berekend_op < day.changed_at)
),
{% else %}
with changed_day as (
  select
    municipality_code,
    local_date
  from {{ ref('incident_day') }}
  where parts > 0
),
{% endif %}

counted as (
  select
    part.municipality_code,
    part.local_date,
    part.dagdeel,
    incident.wijk_code,
    incident.buurt_code,
    case
      when incident.buurt_code is not null then null
      when incident.place_quality = 'outside' then 'Buiten de gemeente'
      else 'Geen plaats bekend'
    end as no_buurt,
    incident.offence_code,
    incident.is_hic,
    sum(part.weight) as weight
  from changed_day
  inner join {{ ref('fct_incident_dagdeel') }} as part
    on
      changed_day.municipality_code = part.municipality_code
      and changed_day.local_date = part.local_date
  inner join {{ ref('fct_incident') }} as incident
    on
      part.municipality_code = incident.municipality_code
      and part.incident_id = incident.incident_id
  group by
    part.municipality_code,
    part.local_date,
    part.dagdeel,
    incident.wijk_code,
    incident.buurt_code,
    no_buurt,
    incident.offence_code,
    incident.is_hic
),

area as (
  select *
  from {{ ref('dim_area') }}
  where is_current
),

final as (
  select
    counted.municipality_code as gemeentecode,
    counted.wijk_code as wijkcode,
    coalesce(wijk.area_name, counted.wijk_code, counted.no_buurt, 'Geen plaats bekend') as wijk,
    counted.buurt_code as buurtcode,
    coalesce(buurt.area_name, counted.buurt_code, counted.no_buurt) as buurt,
    counted.local_date as datum,
    counted.dagdeel,
    coalesce(part.volgorde, 9)::smallint as dagdeel_volgorde,
    coalesce(offence.theme, 'Onbekend') as thema,
    counted.offence_code as delictcode,
    coalesce(offence.offence, 'Onbekende code ' || counted.offence_code) as delict,
    offence.is_crime as is_misdrijf,
    counted.is_hic,
    counted.weight::numeric(18, 9) as aantal,
    now() as berekend_op
  from counted
  left join area as buurt
    on
      counted.municipality_code = buurt.municipality_code
      and counted.buurt_code = buurt.area_code
  left join area as wijk
    on
      counted.municipality_code = wijk.municipality_code
      and counted.wijk_code = wijk.area_code
  left join {{ ref('dim_offence') }} as offence
    on counted.offence_code = offence.offence_code
  left join {{ ref('dim_dagdeel') }} as part
    on
      counted.municipality_code = part.municipality_code
      and counted.dagdeel = part.dagdeel
)

select *
from final
