-- One row per municipality, indicator, area and period: the figure that arrived last.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['municipality_code', 'indicator_code', 'area_code', 'period'],
    indexes=[
      {'columns': ['municipality_code', 'indicator_code', 'area_code', 'period'], 'unique': true},
      {'columns': ['delivery_id']},
    ],
    post_hook=["{{ forget_unaccepted() }}"],
) }}

-- A provisional figure that arrives after a definitive one is a correction: only the order of arrival counts.
with latest as (
  select distinct on (municipality_code, indicator_code, area_code, period) *
  from {{ ref('stg_raw__measure') }}
  order by
    municipality_code asc, indicator_code asc, area_code asc, period asc,
    received_at desc, delivery_id desc, row_number desc
),

arrived as (
  select latest.*
  from latest
  {% if is_incremental() %}
  left join {{ this }} as known
    on
      latest.municipality_code = known.municipality_code
      and latest.indicator_code = known.indicator_code
      and latest.area_code = known.area_code
      and latest.period = known.period
  where latest.row_id is distinct from known.row_id
  {% endif %}
),

final as (
  select
    municipality_code,
    indicator_code,
    area_code,
    period,
    period_start,
    period_kind,
    value,
    lower,
    upper,
    unit,
    status,
    source,
    delivery_id,
    received_at,
    row_id
  from arrived
)

select *
from final
