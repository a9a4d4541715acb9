-- One row per municipality and month in which its feed reports something; `is_whole` when it covers all of its days.
{{ config(materialized='table') }}

with reported as (
  select
    incident.municipality_code,
    (incident.reported_at at time zone municipality.time_zone)::date as day,
    count(*) as incidents
  from {{ ref('fct_incident') }} as incident
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on incident.municipality_code = municipality.municipality_code
  where
    exists (
      select 1 from {{ ref('published_offence') }} as published
      where published.municipality_code = incident.municipality_code
    )
  group by incident.municipality_code, (incident.reported_at at time zone municipality.time_zone)::date
),

period as (
  select
    municipality_code,
    min(day) as first_day,
    max(day) as last_day
  from reported
  group by municipality_code
),

month as (
  select distinct
    municipality_code,
    date_trunc('month', day)::date as month
  from reported
),

final as (
  select
    month.municipality_code,
    month.month,
    month.month >= period.first_day
    and (month.month + interval '1 month' - interval '1 day')::date <= period.last_day as is_whole
  from month
  inner join period
    on month.municipality_code = period.municipality_code
)

select *
from final
