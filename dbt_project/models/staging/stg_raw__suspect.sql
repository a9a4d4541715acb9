-- One row per delivered version of a suspect of an incident, of accepted deliveries only.
select
  municipality_code,
  btrim(incident_id) as incident_id,
  person_key,
  row_id,
  delivery_id,
  row_number,
  received_at,
  birth_year,
  coalesce(sex, 'onbekend') as sex,
  nullif(btrim(home_municipality), '') as home_municipality,
  coalesce(status, 'active') as status
from {{ source('raw', 'accepted_suspect') }}
