-- Eén regel per gemeente, gebied en vlak: een gebied kan uit losse delen bestaan.
select
  area.municipality_code as gemeentecode,
  area.area_code as gebiedscode,
  ring.ring_number as vlaknummer,
  ring.ring_json as polygoon
from {{ ref('dim_area') }} as area
inner join {{ source('enriched', 'area_ring') }} as ring
  on
    area.municipality_code = ring.municipality_code
    and area.area_code = ring.area_code
    and area.vintage = ring.vintage
where area.is_current
