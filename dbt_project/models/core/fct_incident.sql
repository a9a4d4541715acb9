-- One row per municipality and incident as it is now known; withdrawn incidents are not here.
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
      {'columns': ['incident_id', 'municipality_code'], 'unique': true},
      {'columns': ['row_id'], 'unique': true},
    ],
    post_hook=[
      "{{ enforce(
        not_null=[
          'municipality_code', 'incident_id', 'offence_code', 'begin_at', 'reported_at', 'is_hic', 'row_id'
        ],
        indexes=['computed_at'],
      ) }}",
      "{{ record_handled(hic_state()) }}",
      "{{ create_as_known_at() }}",
    ],
) }}

{% if is_incremental() %}
{%- set since = handled_until(['fct_incident_version'], hic_state()) %}
with touched as (
  {% if since == '-infinity' %}
  select
    municipality_code,
    incident_id
  from {{ ref('fct_incident_version') }}
  union
  select
    municipality_code,
    incident_id
  from {{ this }}
  {% else %}
  select
    municipality_code,
    incident_id
  from {{ ref('fct_incident_version') }}
  where computed_at > '{{ since }}'
  union
  {{ removed_since('fct_incident_version', 'municipality_code, incident_id', since) }}
  union
  select
    version.municipality_code,
    version.incident_id
  from {{ source('enriched', 'incident_place') }} as place
  inner join {{ ref('fct_incident_version') }} as version
    on place.row_id = version.row_id
  where place.computed_at > '{{ since }}'
  {% endif %}
),

version as (
  select version.*
  from touched
  inner join {{ ref('fct_incident_version') }} as version
    on
      touched.municipality_code = version.municipality_code
      and touched.incident_id = version.incident_id
  where version.is_current and version.status <> 'withdrawn'
),
{% else %}
with version as (
  select *
  from {{ ref('fct_incident_version') }}
  where is_current and status <> 'withdrawn'
),
{% endif %}

place as (
  select *
  from {{ source('enriched', 'incident_place') }}
),

offence as (
  select *
  from {{ ref('dim_offence') }}
),

hic as (
  select *
  from {{ ref('stg_raw__hic_category') }}
),

final as (
  select
    version.municipality_code,
    version.incident_id,
    version.registration_id,
    version.offence_code,
    version.begin_at,
    version.end_at,
    version.reported_at,
    place.buurt_code,
    place.wijk_code,
    version.street,
    place.street_key,
    place.block_code,
    coalesce(place.place_quality, 'none') as place_quality,
    version.suspects,
    version.arrests,
    version.solved,
    version.attempt,
    version.reported_crime,
    hic.category_code is not null as is_hic,
    version.row_id,
    version.delivery_id,
    version.source,
    version.known_from,
    now() as computed_at
  from version
  left join place
    on
      version.municipality_code = place.municipality_code
      and version.row_id = place.row_id
  -- An unknown code stays: it has no category, and the marts say so.
  left join offence
    on version.offence_code = offence.offence_code
  left join hic
    on
      version.municipality_code = hic.municipality_code
      and offence.category_code = hic.category_code
){% if is_incremental() %},

-- Of an incident that was withdrawn, or of which nothing is accepted any more, the key alone is left.
now_known as (
  select *  -- noqa: RF02
  from touched
  left join final
    using (municipality_code, incident_id)
)

select now_known.*
from now_known
left join {{ this }} as known
  on
    now_known.municipality_code = known.municipality_code
    and now_known.incident_id = known.incident_id
-- A row of raw never changes: what can differ while the version stays the same is what is found out about it.
where
  (
    known.row_id, known.known_from, known.buurt_code, known.wijk_code, known.place_quality, known.is_hic,
    known.street_key, known.block_code
  )
  is distinct from
  (
    now_known.row_id, now_known.known_from, now_known.buurt_code, now_known.wijk_code, now_known.place_quality,
    now_known.is_hic, now_known.street_key, now_known.block_code
  )
{% else %}

select *
from final
{% endif %}
