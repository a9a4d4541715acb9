-- One row per municipality, area and vintage.
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
  area.inhabitants,
  area.households,
  coalesce(area.vintage = municipality.area_vintage, false) as is_current
from {{ source('enriched', 'area') }} as area
left join {{ ref('stg_raw__municipality') }} as municipality
  on area.municipality_code = municipality.municipality_code
