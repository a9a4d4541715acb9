-- One row per delivered version of an incident: a row of raw.incident of an accepted delivery.
-- depends_on: {{ ref('stg_raw__delivery') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['municipality_code', 'incident_id'],
    meta={
      'written_at': 'computed_at',
      'removed_key': {'municipality_code': 'municipality_code', 'incident_id': 'incident_id'},
    },
    on_schema_change='append_new_columns',
    indexes=[
      {'columns': ['incident_id', 'municipality_code']},
      {'columns': ['row_id'], 'unique': true},
      {'columns': ['delivery_id']},
    ],
    post_hook=[
      "{{ enforce(
        not_null=['municipality_code', 'incident_id', 'row_id', 'delivery_id', 'known_from'],
        indexes=['computed_at', 'municipality_code, reported_at'],
      ) }}",
      "{{ record_handled() }}",
      "{{ create_versions_known_at() }}",
    ],
) }}

-- When it was received orders the versions; when it was accepted is since when the platform knew. A delivery that
-- was held and let through later, or tried again, keeps its place in time and was not known before.
with delivered as not materialized (
  select
    *,
    greatest(received_at, accepted_at) as known_at
  from {{ ref('stg_raw__incident') }}
),

{% if is_incremental() %}
-- A delivery can be accepted long after a later one: what was handled is asked of this table, not of a watermark.
-- Each delivery looks itself up through the index: with a `not exists` the planner reads the whole table.
new_delivery as (
  select delivery.delivery_id
  from {{ ref('stg_raw__delivery') }} as delivery
  where
    delivery.status = 'accepted'
    and delivery.shape = 'incident'
    and (
      select min(known.delivery_id)
      from {{ this }} as known
      where known.delivery_id = delivery.delivery_id
    ) is null
),

withdrawn_delivery as (
  select delivery.delivery_id
  from {{ ref('stg_raw__delivery') }} as delivery
  where delivery.status <> 'accepted' and delivery.shape = 'incident'
),

touched as (
  select
    delivered.municipality_code,
    delivered.incident_id
  from delivered
  where delivered.delivery_id = any(array(select new_delivery.delivery_id from new_delivery))
  union
  select
    known.municipality_code,
    known.incident_id
  from {{ this }} as known
  where known.delivery_id = any(array(select withdrawn_delivery.delivery_id from withdrawn_delivery))
),

-- Incident by incident through the index: of a few deliveries the planner thinks that each is much of all.
candidate as (
  select found.*
  from touched
  cross join
    lateral (
      select *
      from delivered
      where
        delivered.municipality_code = touched.municipality_code  -- noqa: RF03
        and delivered.incident_id = touched.incident_id
      offset 0  -- noqa: AM09
    ) as found
),
{% else %}
-- Read three times, which PostgreSQL does faster in parallel than from a copy on disk.
candidate as not materialized (
  select *
  from delivered
),
{% endif %}

-- By far the most incidents have one version, about which there is nothing to find out.
repeated as (
  select
    municipality_code,
    incident_id
  from candidate
  group by municipality_code, incident_id
  having count(*) > 1
),

rival as (
  select candidate.*
  from candidate
  inner join repeated
    on
      candidate.municipality_code = repeated.municipality_code
      and candidate.incident_id = repeated.incident_id
),

-- A row without changed_at wins by arriving; what comes after it is compared only with what came after it.
segmented as (
  select
    *,
    count(*) filter (where changed_at is null) over arrival as segment
  from rival
  window arrival as (partition by municipality_code, incident_id order by received_at, delivery_id, row_number)
),

compared as (
  select
    *,
    max(changed_at) over (
      partition by municipality_code, incident_id, segment
      order by received_at, delivery_id, row_number
      rows between unbounded preceding and 1 preceding
    ) as newest_before
  from segmented
),

judged as (
  select
    *,
    changed_at is not null and newest_before is not null and changed_at < newest_before as is_stale
  from compared
),

followed as (
  select
    *,
    lead(received_at) over (
      partition by municipality_code, incident_id, is_stale
      order by received_at, delivery_id, row_number
    ) as followed_at
  from judged
),

-- Versions become known in another order than they arrived when a delivery was held for a while. So for every
-- moment at which something about an incident became known: which of the versions known by then held?
several as (
  select
    municipality_code,
    incident_id,
    unnest(array_agg(distinct known_at)) as moment
  from rival
  group by municipality_code, incident_id
  having min(known_at) < max(known_at)
),

known_then as (
  select
    several.moment,
    rival.municipality_code,
    rival.incident_id,
    rival.row_id,
    rival.delivery_id,
    rival.row_number,
    rival.received_at,
    rival.changed_at,
    count(*) filter (where rival.changed_at is null) over arrival as segment
  from several
  inner join rival
    on
      several.municipality_code = rival.municipality_code
      and several.incident_id = rival.incident_id
      and several.moment >= rival.known_at
  window arrival as (
    partition by rival.municipality_code, rival.incident_id, several.moment
    order by rival.received_at, rival.delivery_id, rival.row_number
  )
),

held_then as (
  select distinct on (municipality_code, incident_id, moment)
    municipality_code,
    incident_id,
    moment,
    row_id
  from known_then
  order by
    municipality_code asc, incident_id asc, moment asc, segment desc, changed_at desc nulls last,
    received_at desc, delivery_id desc, row_number desc
),

stretch as (
  select
    row_id,
    moment,
    lead(moment) over incident as until,
    lag(row_id) over incident as row_id_before
  from held_then
  window incident as (partition by municipality_code, incident_id order by moment)
),

believed as (
  select
    row_id,
    max(moment) filter (where row_id_before is distinct from row_id) as known_from,
    -- Only the last stretch can be without an end.
    case when bool_and(until is not null) then max(until) end as known_to
  from stretch
  group by row_id
),

resolved as (
  select
    followed.row_id,
    coalesce(believed.known_from, followed.known_at) as known_from,
    case
      when believed.row_id is not null then believed.known_to
      -- What never was believed, a stale row for one, has an empty interval.
      when followed.is_stale or followed.followed_at is not null then followed.known_at
    end as known_to,
    followed.is_stale,
    not followed.is_stale and followed.followed_at is null as is_current
  from followed
  left join believed
    on followed.row_id = believed.row_id
),

final as (
  select
    candidate.municipality_code,
    candidate.incident_id,
    candidate.row_id,
    candidate.delivery_id,
    candidate.row_number,
    candidate.source,
    candidate.registration_id,
    candidate.offence_code,
    candidate.begin_at,
    candidate.end_at,
    candidate.reported_at,
    candidate.street,
    candidate.location_kind,
    candidate.attempt,
    candidate.reported_crime,
    candidate.solved,
    candidate.suspects,
    candidate.arrests,
    candidate.status,
    candidate.changed_at,
    coalesce(resolved.known_from, candidate.known_at) as known_from,
    resolved.known_to,
    coalesce(resolved.is_stale, false) as is_stale,
    coalesce(resolved.is_current, true) as is_current,
    now() as computed_at
  from candidate
  left join resolved
    on candidate.row_id = resolved.row_id
)

{% if is_incremental() %}
-- Of an incident of which no version is accepted any more the key alone is left.
select *  -- noqa: RF02
from touched
left join final
  using (municipality_code, incident_id)
{% else %}
select *
from final
{% endif %}
