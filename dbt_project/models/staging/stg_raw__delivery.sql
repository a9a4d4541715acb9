-- One row per delivery.
select
  delivery.delivery_id,
  delivery.municipality_code,
  delivery.source,
  delivery.shape,
  coalesce(source.title, delivery.source) as source_title,
  delivery.file_name,
  delivery.received_at,
  delivery.status,
  delivery.reason,
  delivery.rows_read,
  delivery.rows_loaded,
  delivery.rows_quarantined,
  delivery.rows_duplicate
from {{ source('raw', 'delivery') }} as delivery
left join {{ source('raw', 'source') }} as source
  on
    delivery.municipality_code = source.municipality_code
    and delivery.source = source.source
