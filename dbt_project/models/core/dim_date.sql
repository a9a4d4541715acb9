-- One row per calendar day from 2010 to the end of next year.
{{ config(indexes=[{'columns': ['date'], 'unique': true}]) }}

with days as (
  select day::date as date
  from generate_series(
    '2010-01-01'::timestamp,
    make_date(date_part('year', current_date)::integer + 1, 12, 31)::timestamp,
    interval '1 day'
  ) as day
),

final as (
  select
    date,
    date_part('year', date)::integer as year,
    date_part('quarter', date)::integer as quarter,
    date_part('month', date)::integer as month,
    date_trunc('month', date)::date as month_start,
    date_part('isoyear', date)::integer as iso_year,
    date_part('week', date)::integer as iso_week,
    date_part('isodow', date)::integer as weekday_number,
    (array['maandag', 'dinsdag', 'woensdag', 'donderdag', 'vrijdag', 'zaterdag', 'zondag'])[
      date_part('isodow', date)::integer
    ] as weekday,
    date_part('isodow', date) >= 6 as is_weekend
  from days
)

select *
from final
