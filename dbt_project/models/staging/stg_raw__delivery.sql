-- One row per delivery, with how many of its quarantined rows have found their way back since.
with released as (
  select
    quarantine.delivery_id,
    count(*) as rows_released
  from {{ source('raw', 'quarantine_column') }} as quarantine
  where quarantine.released_at is not null
  group by quarantine.delivery_id
)

select
  delivery.delivery_id,
  delivery.municipality_code,
  delivery.source,
  delivery.shape,
  coalesce(source.title, delivery.source) as source_title,
  delivery.file_name,
  delivery.received_at,
  delivery.received_at at time zone coalesce(municipality.time_zone, 'Europe/Amsterdam') as received_local,
  delivery.delivery_day,
  delivery.is_of_day,
  delivery.status,
  delivery.reason,
  delivery.rows_read,
  delivery.rows_loaded,
  delivery.rows_quarantined,
  delivery.rows_duplicate,
  coalesce(released.rows_released, 0) as rows_released,
  delivery.released_from,
  delivery.trusted_because
from {{ source('raw', 'delivery') }} as delivery
left join {{ source('raw', 'municipality') }} as municipality
  on delivery.municipality_code = municipality.municipality_code
left join {{ source('raw', 'source') }} as source
  on
    delivery.municipality_code = source.municipality_code
    and delivery.source = source.source
left join released
  on delivery.delivery_id = released.delivery_id
