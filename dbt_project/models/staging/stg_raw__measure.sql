-- One row per delivered version of a figure, of accepted deliveries only.
with delivered as (
  select
    municipality_code,
    row_id,
    delivery_id,
    row_number,
    source,
    btrim(indicator_code) as indicator_code,
    btrim(area_code) as area_code,
    -- CBS StatLine writes a year as 2023JJ00, a quarter as 2023KW01 and a month as 2023MM01.
    regexp_replace(
      regexp_replace(regexp_replace(btrim(period), '^(\d{4})JJ00$', '\1'), '^(\d{4})KW0([1-4])$', '\1-Q\2'),
      '^(\d{4})MM(\d{2})$', '\1-\2'
    ) as period,
    value,
    lower,
    upper,
    unit,
    coalesce(status, 'definitive') as status,
    received_at
  from {{ source('raw', 'accepted_measure') }}
),

final as (
  select
    *,
    case
      when period ~ '^\d{4}$' then 'year'
      when period ~ '^\d{4}-Q[1-4]$' then 'quarter'
      when period ~ '^\d{4}-(0[1-9]|1[0-2])$' then 'month'
    end as period_kind,
    case
      when period ~ '^\d{4}$' then make_date(period::integer, 1, 1)
      when period ~ '^\d{4}-Q[1-4]$'
        then make_date(left(period, 4)::integer, right(period, 1)::integer * 3 - 2, 1)
      when period ~ '^\d{4}-(0[1-9]|1[0-2])$'
        then make_date(left(period, 4)::integer, right(period, 2)::integer, 1)
    end as period_start
  from delivered
)

select *
from final
