-- One row per delivered version of an incident, of accepted deliveries only.
select
  municipality_code,
  incident_id,
  row_id,
  delivery_id,
  row_number,
  source,
  nullif(btrim(registration_id), '') as registration_id,
  upper(btrim(offence_code)) as offence_code,
  begin_at,
  end_at,
  reported_at,
  nullif(btrim(street), '') as street,
  nullif(btrim(location_kind), '') as location_kind,
  attempt,
  reported_crime,
  solved,
  suspects,
  arrests,
  coalesce(status, 'active') as status,
  changed_at,
  received_at
from {{ source('raw', 'accepted_incident') }}
