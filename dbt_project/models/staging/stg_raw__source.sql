-- One row per declared source; `is_daily` when a day without a delivery is a day that is missing.
select
  source.municipality_code,
  source.source,
  source.title,
  source.shape,
  source.freshness_hours,
  -- Who is late after two days is expected every day. Of incidents a day is missing even when nobody is told so.
  coalesce(source.freshness_hours <= 48, false) or source.shape = 'incident' as is_daily,
  (now() at time zone municipality.time_zone)::date as local_today
from {{ source('raw', 'source') }} as source
inner join {{ source('raw', 'municipality') }} as municipality
  on source.municipality_code = municipality.municipality_code
