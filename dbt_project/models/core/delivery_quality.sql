-- One row per accepted delivery of incidents: what it brought and what that was worth.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='delivery_id',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['delivery_id'], 'unique': true}],
    post_hook=["{{ forget_unaccepted() }}"],
) }}

with delivery as (
  select
    municipality_code,
    delivery_id,
    source
  from {{ ref('stg_raw__delivery') }}
  where status = 'accepted' and shape = 'incident'
),

{% if is_incremental() %}
-- What a delivery brought is judged against all that came before it. So everything is counted anew from the first
-- delivery on that came in or fell out since; on an ordinary day that is the new one alone.
changed as (
  select
    coalesce(delivery.municipality_code, known.municipality_code) as municipality_code,
    min(coalesce(delivery.delivery_id, known.delivery_id)) as first_id
  from delivery
  full outer join {{ this }} as known
    on delivery.delivery_id = known.delivery_id
  where delivery.delivery_id is null or known.delivery_id is null
  group by coalesce(delivery.municipality_code, known.municipality_code)
),

-- Builds take turns: what was enriched before the newest row here was computed, is in these rows already.
counted as (
  select
    municipality_code,
    max(computed_at) as until
  from {{ this }}
  group by municipality_code
),

enriched_since as (
  select
    place.municipality_code,
    place.row_id
  from {{ source('enriched', 'incident_place') }} as place
  inner join counted
    on place.municipality_code = counted.municipality_code
  where place.computed_at > counted.until
  union
  select
    part.municipality_code,
    part.row_id
  from {{ source('enriched', 'incident_dagdeel') }} as part
  inner join counted
    on part.municipality_code = counted.municipality_code
  where part.computed_at > counted.until
),

touched as (
  select delivery.*
  from delivery
  left join changed
    on delivery.municipality_code = changed.municipality_code
  where
    delivery.delivery_id >= changed.first_id
    or delivery.delivery_id in (
      select found.delivery_id
      from enriched_since
      cross join lateral (
        select version.delivery_id
        from {{ ref('fct_incident_version') }} as version
        where version.row_id = enriched_since.row_id
        offset 0  -- noqa: AM09
      ) as found
    )
),

-- Row by row through the index: of a delivery the planner thinks that it is a large part of all.
delivered as (
  select found.*
  from touched
  cross join
    lateral (
      select
        version.municipality_code,
        version.incident_id,
        version.row_id,
        version.delivery_id,
        version.status,
        version.reported_at,
        version.begin_at
      from {{ ref('fct_incident_version') }} as version
      where version.delivery_id = touched.delivery_id
      offset 0  -- noqa: AM09
    ) as found
),

mine as (
  select distinct
    municipality_code,
    incident_id
  from delivered
),
{% else %}
touched as (
  select *
  from delivery
),

delivered as (
  select version.*
  from {{ ref('fct_incident_version') }} as version
  inner join touched
    on version.delivery_id = touched.delivery_id
),
{% endif %}

-- All versions of the incidents in question, to know which came first and which one delivery holds twice. By far the
-- most incidents have one version, which is current: of those there is nothing to find out.
arrived as (
  select
    known.row_id,
    lag(known.delivery_id) over arrival as delivery_before,
    lead(known.delivery_id) over arrival as delivery_after
  {% if is_incremental() %}
  from mine
  cross join
    lateral (
      select *
      from {{ ref('fct_incident_version') }} as version
      where version.municipality_code = mine.municipality_code and version.incident_id = mine.incident_id  -- noqa: RF03
      offset 0  -- noqa: AM09
    ) as known
  {% else %}
  from {{ ref('fct_incident_version') }} as known
  where
    (known.municipality_code, known.incident_id) in (
      select
        other.municipality_code,
        other.incident_id
      from {{ ref('fct_incident_version') }} as other
      where not other.is_current
    )
  {% endif %}
  window arrival as (
    partition by known.municipality_code, known.incident_id order by known.delivery_id, known.row_number
  )
),

{% if not is_incremental() %}
with_dagdeel as (  -- noqa: ST03
  select distinct
    municipality_code,
    row_id
  from {{ source('enriched', 'incident_dagdeel') }}
  where dagdeel <> 'onbekend'
),

{% endif %}
judged as (
  select
    version.delivery_id,
    version.status,
    arrived.delivery_before is null or arrived.delivery_before = version.delivery_id as is_first,
    (version.reported_at at time zone municipality.time_zone)::date as reported_on,
    (version.begin_at at time zone municipality.time_zone)::time as begins,
    version.reported_at,
    place.buurt_code,
    place.place_quality,
    coalesce(place.point_in_buurt, false) as point_in_buurt,
    part.row_id is not null as has_dagdeel
  from delivered as version
  left join arrived
    on version.row_id = arrived.row_id
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on version.municipality_code = municipality.municipality_code
  {% if is_incremental() %}
  left join lateral (
    select *
    from {{ source('enriched', 'incident_place') }} as enriched
    where enriched.municipality_code = version.municipality_code and enriched.row_id = version.row_id  -- noqa: RF03
    offset 0  -- noqa: AM09
  ) as place on true
  left join lateral (
    select enriched.row_id
    from {{ source('enriched', 'incident_dagdeel') }} as enriched
    where
      enriched.municipality_code = version.municipality_code
      and enriched.row_id = version.row_id
      and enriched.dagdeel <> 'onbekend'
    order by enriched.row_id
    limit 1
  ) as part on true
  {% else %}
  left join {{ source('enriched', 'incident_place') }} as place
    on
      version.municipality_code = place.municipality_code
      and version.row_id = place.row_id
  left join with_dagdeel as part
    on
      version.municipality_code = part.municipality_code
      and version.row_id = part.row_id
  {% endif %}
  -- Of an incident that stands in one delivery more than once, its last row there.
  where arrived.delivery_after is distinct from version.delivery_id
),

-- Counted once, per day of the report: which of the days lie behind what came before, is known only after.
per_day as (
  select
    delivery_id,
    reported_on,
    count(*) as incidents,
    count(*) filter (where is_first) as first_seen,
    count(*) filter (where not is_first and status <> 'withdrawn') as corrected,
    count(*) filter (where status = 'withdrawn') as withdrawn,
    count(*) filter (where point_in_buurt) as point_in_buurt,
    count(*) filter (where buurt_code is null and place_quality is distinct from 'outside') as without_place,
    count(*) filter (where place_quality = 'outside') as outside,
    count(*) filter (where place_quality = 'default_point') as default_point,
    count(*) filter (where not has_dagdeel) as unknown_dagdeel,
    count(*) filter (where begins in ('00:00', '12:00')) as default_time,
    count(*) filter (where begins in ('23:00', '01:00', '11:00', '13:00')) as beside_default_time
  from judged
  group by delivery_id, reported_on
),

-- How far a delivery reached, with the ones that are not counted anew.
reach as (
  select
    touched.municipality_code,
    touched.source,
    touched.delivery_id,
    max(per_day.reported_on) as reported_until
  from touched
  left join per_day
    on touched.delivery_id = per_day.delivery_id
  group by touched.municipality_code, touched.source, touched.delivery_id
  {% if is_incremental() %}
  union all
  select
    known.municipality_code,
    known.source,
    known.delivery_id,
    known.reported_until
  from {{ this }} as known
  where
    not exists (
      select 1 from touched
      where touched.delivery_id = known.delivery_id
    )
  {% endif %}
),

reached as (
  select
    delivery_id,
    reported_until,
    max(reported_until) over (
      partition by municipality_code, source order by delivery_id
      rows between unbounded preceding and 1 preceding
    ) as reached_before
  from reach
),

final as (
  select
    touched.municipality_code,
    touched.delivery_id,
    touched.source,
    reached.reported_until,
    coalesce(sum(per_day.incidents), 0)::bigint as incidents,
    coalesce(sum(per_day.corrected), 0)::bigint as corrected,
    coalesce(sum(per_day.withdrawn), 0)::bigint as withdrawn,
    -- An earlier delivery reached past the day of its report, and did not have it.
    coalesce(
      sum(per_day.first_seen) filter (where per_day.reported_on < reached.reached_before), 0
    )::bigint as late,
    -- Where the coordinate lies, whatever it is worth: that of a default point lies in a buurt as well.
    coalesce(sum(per_day.point_in_buurt), 0)::bigint as point_in_buurt,
    coalesce(sum(per_day.without_place), 0)::bigint as without_place,
    coalesce(sum(per_day.outside), 0)::bigint as outside,
    coalesce(sum(per_day.default_point), 0)::bigint as default_point,
    coalesce(sum(per_day.unknown_dagdeel), 0)::bigint as unknown_dagdeel,
    coalesce(sum(per_day.default_time), 0)::bigint as default_time,
    -- An honest clock is on these two hours about as often as on the hours beside them.
    coalesce(sum(per_day.beside_default_time), 0) / 2.0 as default_time_expected,
    now() as computed_at
  from touched
  inner join reached
    on touched.delivery_id = reached.delivery_id
  left join per_day
    on touched.delivery_id = per_day.delivery_id
  group by touched.municipality_code, touched.delivery_id, touched.source, reached.reported_until
)

select *
from final
