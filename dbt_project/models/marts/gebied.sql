-- Eén regel per gemeente en gebied van de gekozen gebiedsindeling.
select
  area.municipality_code as gemeentecode,
  area.area_code as gebiedscode,
  area.area_name as gebied,
  area.level as niveau,
  case area.level
    when 'wijk' then area.area_code
    when 'buurt' then area.parent_code
  end as wijkcode,
  ring.ring_json as polygoon,
  area.inhabitants as inwoners,
  area.households as huishoudens
from {{ ref('dim_area') }} as area
left join {{ source('enriched', 'area_ring') }} as ring
  on
    area.municipality_code = ring.municipality_code
    and area.area_code = ring.area_code
    and area.vintage = ring.vintage
    and ring.ring_number = 1
where area.is_current
