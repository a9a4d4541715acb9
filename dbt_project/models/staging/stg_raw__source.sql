-- One row per declared source, with up to which day a source that is delivered daily should have come by now.
select
  source.municipality_code,
  source.source,
  source.title,
  source.shape,
  source.daily_since,
  -- A day is overdue so many hours after its local midnight, a whole day for a source without a term.
  case
    when source.daily_since is not null
      then
        (
          now() at time zone municipality.time_zone
          - make_interval(secs => 3600 * coalesce(source.freshness_hours, 24))
        )::date - 1
  end as due_until
from {{ source('raw', 'source') }} as source
inner join {{ source('raw', 'municipality') }} as municipality
  on source.municipality_code = municipality.municipality_code
