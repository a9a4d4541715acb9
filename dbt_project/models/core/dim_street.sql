-- One row per municipality, street and place.
select
  municipality_code,
  street_key,
  min(street) as street,
  min(place) as place,
  count(*) as addresses,
  avg(x) as centre_x,
  avg(y) as centre_y
from {{ ref('dim_address') }}
group by municipality_code, street_key
