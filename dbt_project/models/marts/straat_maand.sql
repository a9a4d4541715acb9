-- Eén regel per gemeente, maand, straat, blok, wijk en delict; aantal is de som van de gewichten.
-- depends_on: {{ ref('incident_day') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['maand', 'gemeentecode']}, {'columns': ['straatcode', 'gemeentecode']}],
    pre_hook=["{{ forget_changed_months(street_state()) }}"],
    post_hook=["{{ record_handled(street_state()) }}", "{{ create_as_known_at() }}"],
) }}

with {{ parts_by_month(is_incremental(), street_state()) }},

-- Without a register of addresses there is nothing to look for.
registered as (
  select distinct municipality_code
  from {{ ref('dim_street') }}
),

counted as (
  select
    part.municipality_code,
    part.month,
    incident.street_key,
    incident.block_code,
    incident.wijk_code,
    incident.offence_code,
    sum(part.weight) as weight
  from part_by_month as part
  inner join registered
    on part.municipality_code = registered.municipality_code
  inner join {{ ref('fct_incident') }} as incident
    on part.row_id = incident.row_id
  -- Of a default point or a point outside it is not known that the street is where it happened.
  where incident.place_quality in ('exact', 'street') and incident.street_key is not null
  -- What tells rows apart comes first, as in the map.
  group by
    part.month,
    incident.offence_code,
    incident.block_code,
    incident.street_key,
    incident.wijk_code,
    part.municipality_code
),

final as (
  select
    counted.municipality_code as gemeentecode,
    counted.month as maand,
    counted.street_key as straatcode,
    -- Of an earlier moment a street may be shown that the register no longer has.
    coalesce(street.street, 'Straat niet meer in het register') as straat,
    street.place as plaats,
    street.addresses as adressen,
    counted.block_code as blokcode,
    -- A face of addresses is `<street_key>:41-79`; a cell of the grid has no numbers to name it by (docs/adr/0010).
    case
      when not coalesce(starts_with(counted.block_code, counted.street_key || ':'), false) then 'nummer niet bekend'
      when right(counted.block_code, 1) in ('0', '2', '4', '6', '8')
        then 'even ' || replace(substr(counted.block_code, length(counted.street_key) + 2), '-', '–')
      else 'oneven ' || replace(substr(counted.block_code, length(counted.street_key) + 2), '-', '–')
    end as blok,
    counted.wijk_code as wijkcode,
    coalesce(wijk.area_name, counted.wijk_code, 'Geen wijk bekend') as wijk,
    coalesce(offence.theme, 'Onbekend') as thema,
    counted.offence_code as delictcode,
    coalesce(offence.offence, 'Onbekende code ' || counted.offence_code) as delict,
    counted.weight::numeric(18, 9) as aantal,
    now() as berekend_op
  from counted
  left join {{ ref('dim_street') }} as street
    on
      counted.municipality_code = street.municipality_code
      and counted.street_key = street.street_key
  left join {{ ref('dim_area') }} as wijk
    on
      counted.municipality_code = wijk.municipality_code
      and counted.wijk_code = wijk.area_code
      and wijk.is_current
  left join {{ ref('dim_offence') }} as offence
    on counted.offence_code = offence.offence_code
)

select *
from final
