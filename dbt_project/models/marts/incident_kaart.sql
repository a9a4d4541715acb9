-- Eén regel per gemeente, gebied, lokale datum, dagdeel en delict; aantal is de som van de gewichten.
-- depends_on: {{ ref('incident_day') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['gemeentecode', 'datum'],
    meta={
      'written_at': 'berekend_op',
      'removed_key': {'gemeentecode': 'municipality_code', 'datum': 'local_date'},
    },
    on_schema_change='fail',
    indexes=[
      {'columns': ['datum', 'gemeentecode']},
      {'columns': ['buurtcode', 'datum', 'gemeentecode']},
    ],
    post_hook=[
      "{{ enforce(indexes=['berekend_op']) }}",
      "{{ record_handled() }}",
      "{{ create_as_known_at() }}",
    ],
) }}

{% if is_incremental() %}
{%- set since = handled_until(['incident_day']) %}
with changed_day as (
  select
    municipality_code,
    local_date
  from {{ ref('incident_day') }}
  where changed_at > '{{ since }}'
  {% if since == '-infinity' %}
  -- The table of days may be made anew as well, and then knows nothing of a day that is empty by now.
  union
  select
    gemeentecode,
    datum
  from {{ this }}
  {% endif %}
),

{% else %}
with
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
  from {{ ref('fct_incident_dagdeel') }} as part
  {% if is_incremental() %}
  inner join changed_day
    on
      part.municipality_code = changed_day.municipality_code
      and part.local_date = changed_day.local_date
  {% endif %}
  inner join {{ ref('fct_incident') }} as incident
    on part.row_id = incident.row_id
  -- What tells rows apart comes first: a sort that begins with a column of one value compares everything twice.
  group by
    part.local_date,
    incident.offence_code,
    incident.buurt_code,
    part.dagdeel,
    incident.wijk_code,
    incident.is_hic,
    no_buurt,
    part.municipality_code
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
){% if is_incremental() %},

day as (
  select
    municipality_code as gemeentecode,
    local_date as datum
  from changed_day
)

-- Of a day that nothing is left of the key alone is left.
select *  -- noqa: RF02
from day
left join final
  using (gemeentecode, datum)
{% else %}

select *
from final
{% endif %}
