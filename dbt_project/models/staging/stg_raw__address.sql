-- One row per delivered version of an address, of accepted deliveries only.
select
  municipality_code,
  nummeraanduiding_id,
  row_id,
  delivery_id,
  row_number,
  adresseerbaarobject_id,
  btrim(street) as street,
  house_number,
  nullif(btrim(house_letter), '') as house_letter,
  nullif(btrim(house_suffix), '') as house_suffix,
  nullif(upper(replace(postcode, ' ', '')), '') as postcode,
  nullif(btrim(place), '') as place,
  x,
  y,
  received_at
from {{ source('raw', 'accepted_address') }}
