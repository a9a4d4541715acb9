-- Eén regel per levering en soort reden, met het aantal rijen in quarantaine.
with counted as (
  select
    delivery_id,
    kind,
    count(*) as rows_quarantined,
    count(*) filter (where is_released) as rows_released
  from {{ ref('stg_raw__quarantine') }}
  group by delivery_id, kind
),

final as (
  select
    delivery.municipality_code as gemeentecode,
    delivery.delivery_id as leveringsnummer,
    delivery.source_title as bron,
    delivery.delivery_day as datum,
    counted.kind as reden,
    counted.rows_quarantined as rijen_quarantaine,
    counted.rows_released as rijen_vrijgegeven
  from counted
  inner join {{ ref('stg_raw__delivery') }} as delivery
    on counted.delivery_id = delivery.delivery_id
  -- A next try counts its own rows.
  where delivery.status <> 'superseded' and delivery.released_from is null
)

select *
from final
