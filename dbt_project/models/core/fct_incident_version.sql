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
    post_hook=["{{ forget_unaccepted() }}", "analyze {{ this }}"],
) }}

with delivered as (
  select *
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

final as (
  select
    municipality_code,
    incident_id,
    row_id,
    delivery_id,
    row_number,
    source,
    registration_id,
    offence_code,
    begin_at,
    end_at,
    reported_at,
    street,
    location_kind,
    attempt,
    reported_crime,
    solved,
    suspects,
    arrests,
    status,
    changed_at,
    received_at as known_from,
    case
      -- A stale row was never what the platform believed: its interval is empty.
      when is_stale then received_at
      when followed_at is not null then greatest(received_at, followed_at)
    end as known_to,
    is_stale,
    not is_stale and followed_at is null as is_current
  from followed
)

select *
from final
