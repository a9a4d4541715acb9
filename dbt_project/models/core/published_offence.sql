-- One row per municipality, area, month and published category of offences, as the police publish them.
{{ config(materialized='view') }}

-- `politie.misdrijven.` and the publisher's own key; the total has a key too and is never summed from its parts.
{% set prefix = 'politie.misdrijven.' %}
with figure as (
  select
    *,
    btrim(substr(indicator_code, {{ prefix | length + 1 }})) as published_key
  from {{ ref('fct_measure') }}
  where indicator_code like '{{ prefix }}%' and period_kind = 'month'
),

final as (
  select
    municipality_code,
    area_code,
    period_start as month,
    case published_key when 'totaal' then '0.0.0' else published_key end as published_category,
    value::bigint as offences,
    status <> 'definitive' as is_provisional
  from figure
)

select *
from final
