-- One row per municipality, area and vintage.
{{ config(post_hook="{{ create_as_known_at() }}") }}

with key_figure as (
  select distinct on (municipality_code, area_code, indicator_code)
    municipality_code,
    area_code,
    indicator_code,
    value::integer as number
  from {{ ref('fct_measure') }}
  where indicator_code in ('kwb.inwoners', 'kwb.huishoudens') and value is not null
  order by municipality_code asc, area_code asc, indicator_code asc, period_start desc nulls last
),

area as (
  select *
  from {{ source('enriched', 'area') }}
),

final as (
  select
    area.municipality_code,
    area.area_code,
    area.area_name,
    area.level,
    area.parent_code,
    area.vintage,
    area.derived,
    area.geometry_geojson,
    area.area_ha,
    -- What came with the area itself goes first: it belongs to that vintage.
    coalesce(area.inhabitants, inhabitants.number) as inhabitants,
    coalesce(area.households, households.number) as households,
    -- Asked of the areas themselves: those of an earlier moment were current then.
    area.vintage = max(area.vintage) over (partition by area.municipality_code) as is_current
  from area
  left join key_figure as inhabitants
    on
      area.municipality_code = inhabitants.municipality_code
      and area.area_code = inhabitants.area_code
      and inhabitants.indicator_code = 'kwb.inwoners'
  left join key_figure as households
    on
      area.municipality_code = households.municipality_code
      and area.area_code = households.area_code
      and households.indicator_code = 'kwb.huishoudens'
)

select *
from final
