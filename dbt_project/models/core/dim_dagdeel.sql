-- One row per municipality and day part; hours are local hours of the municipality, the last one exclusive.
with part as (
  select
    municipality.municipality_code,
    part.key as dagdeel,
    part.value::integer as from_hour
  from {{ ref('stg_raw__municipality') }} as municipality
  cross join lateral jsonb_each_text(municipality.dagdelen) as part
),

known as (
  select
    municipality_code,
    dagdeel,
    row_number() over day as volgorde,
    from_hour,
    coalesce(lead(from_hour) over day, 24) as to_hour
  from part
  window day as (partition by municipality_code order by from_hour)
),

unknown as (
  select
    municipality_code,
    'onbekend' as dagdeel,
    max(volgorde) + 1 as volgorde,
    null::integer as from_hour,
    null::integer as to_hour
  from known
  group by municipality_code
),

final as (
  select * from known
  union all
  select * from unknown
)

select *
from final
