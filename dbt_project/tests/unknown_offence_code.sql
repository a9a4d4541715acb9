-- One row per municipality and MK code that is not in the code list: it counts, but without category or theme.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'trend_maand'}}}) }}

select
  trend.gemeentecode,
  trend.delictcode,
  sum(trend.aantal) as incidents
from {{ ref('trend_maand') }} as trend
left join {{ ref('dim_offence') }} as offence
  on trend.delictcode = offence.offence_code
where offence.offence_code is null and trend.niveau = 'gemeente'
group by trend.gemeentecode, trend.delictcode
