-- One row per municipality and other name by which people call a place of it or a part of one.
{{ config(grants={'select': ['vis_signals']}) }}

with declared as (
  select
    municipality.municipality_code,
    alias.key as name,
    nullif(alias.value, '') as place
  from {{ source('raw', 'municipality') }} as municipality
  cross join lateral jsonb_each_text(municipality.place_aliases) as alias
),

-- A quarter lies somewhere in the municipality; in which of its places, its borders do not say.
quarter as (
  select distinct
    municipality_code,
    area_name as name,
    null::text as place
  from {{ ref('dim_area') }}
  where is_current and level in ('gemeente', 'wijk', 'buurt')
),

final as (
  select *
  from declared
  union all
  select quarter.*
  from quarter
  where not exists (
    select 1
    from declared
    where declared.municipality_code = quarter.municipality_code and declared.name = quarter.name
  )
)

select *
from final
