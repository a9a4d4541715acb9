-- One row per municipality and age band; ages in years, both ends included.
with start as (
  select
    municipality_code,
    unnest(array[0] || age_bands) as from_age
  from {{ source('raw', 'municipality') }}
),

bounded as (
  select
    municipality_code,
    from_age,
    lead(from_age) over (partition by municipality_code order by from_age) - 1 as to_age
  from start
),

final as (
  select
    municipality_code,
    from_age,
    coalesce(to_age, 110) as to_age,
    case
      when to_age is null then from_age || '+'
      when from_age = 0 then 'onder ' || to_age + 1
      else from_age || '-' || to_age
    end as age_band
  from bounded
)

select *
from final
