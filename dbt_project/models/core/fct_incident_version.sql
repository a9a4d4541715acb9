-- One row per delivered version of an incident: a row of raw.incident of an accepted delivery.
-- depends_on: {{ ref('stg_raw__delivery') }}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['municipality_code', 'incident_id'],
    indexes=[
      {'columns': ['municipality_code', 'incident_id']},
      {'columns': ['row_id'], 'unique': true},
      {'columns': ['delivery_id']},
    ],
    post_hook=["{{ forget_unaccepted() }}", "analyze {{ this }}", "{{ create_versions_known_at() }}"],
) }}

-- When it was received orders the versions; when it was accepted is since when the platform knew. A delivery that
-- was held and let through later, or tried again, keeps its place in time and was not known before.
with delivered as (
  select
    *,
    greatest(received_at, accepted_at) as known_at
  from {{ ref('stg_raw__incident') }}
),

{% if is_incremental() %}
-- A delivery can be accepted long after a later one: what was handled is asked of this table, not of a watermark.
new_delivery as (
  select delivery.delivery_id
  from {{ ref('stg_raw__delivery') }} as delivery
  where
    delivery.status = 'accepted'
    and delivery.shape = 'incident'
    and not exists (
      select 1 from {{ this }} as known
      where known.delivery_id = delivery.delivery_id
    )
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
  where delivered.delivery_id in (select new_delivery.delivery_id from new_delivery)
  union
  select
    known.municipality_code,
    known.incident_id
  from {{ this }} as known
  where known.delivery_id in (select withdrawn_delivery.delivery_id from withdrawn_delivery)
),

candidate as (
  select delivered.*
  from delivered
  inner join touched
    on
      delivered.municipality_code = touched.municipality_code
      and delivered.incident_id = touched.incident_id
),
{% else %}
candidate as (
  select *
  from delivered
),
{% endif %}

-- A row without changed_at wins by arriving; what comes after it is compared only with what came after it.
segmented as (
  select
    *,
    count(*) filter (where changed_at is null) over arrival as segment
  from candidate
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
  from candidate
  group by municipality_code, incident_id
  having min(known_at) < max(known_at)
),

known_then as (
  select
    several.moment,
    candidate.municipality_code,
    candidate.incident_id,
    candidate.row_id,
    candidate.delivery_id,
    candidate.row_number,
    candidate.received_at,
    candidate.changed_at,
    count(*) filter (where candidate.changed_at is null) over arrival as segment
  from several
  inner join candidate
    on
      several.municipality_code = candidate.municipality_code
      and several.incident_id = candidate.incident_id
      and several.moment >= candidate.known_at
  window arrival as (
    partition by candidate.municipality_code, candidate.incident_id, several.moment
    order by candidate.received_at, candidate.delivery_id, candidate.row_number
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

final as (
  select
    followed.municipality_code,
    followed.incident_id,
    followed.row_id,
    followed.delivery_id,
    followed.row_number,
    followed.source,
    followed.registration_id,
    followed.offence_code,
    followed.begin_at,
    followed.end_at,
    followed.reported_at,
    followed.street,
    followed.location_kind,
    followed.attempt,
    followed.reported_crime,
    followed.solved,
    followed.suspects,
    followed.arrests,
    followed.status,
    followed.changed_at,
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
)

select *
from final
