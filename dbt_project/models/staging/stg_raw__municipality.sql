-- One row per municipality.
select
  municipality_code,
  name,
  fictional as is_fictional,
  attribution,
  time_zone,
  area_vintage,
  small_number,
  reconcile_relative,
  reconcile_minimum,
  dagdelen
from {{ source('raw', 'municipality') }}
