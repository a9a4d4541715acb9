-- One row per municipality and INP level-3 category that it counts as high impact crime.
select distinct
  municipality.municipality_code,
  hic.category_code
from {{ source('raw', 'municipality') }} as municipality
cross join unnest(municipality.hic_categories) as hic (category_code)
