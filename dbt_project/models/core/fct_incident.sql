-- One row per municipality and incident as it is now known; withdrawn incidents are not here.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['municipality_code', 'incident_id'],
    indexes=[
      {'columns': ['municipality_code', 'incident_id'], 'unique': true},
      {'columns': ['row_id'], 'unique': true},
      {'columns': ['municipality_code', 'reported_at']},
      {'columns': ['municipality_code', 'buurt_code']},
    ],
    post_hook=[
      "delete from {{ this }} as known
       where not exists (
         select 1 from {{ ref('fct_incident_version') }} as version
         where version.row_id = known.row_id and version.is_current and version.status <> 'withdrawn'
       )",
      "analyze {{ this }}",
      "{{ create_as_known_at() }}",
    ],
) }}

with version as (
  select *
  from {{ ref('fct_incident_version') }}
  where is_current and status <> 'withdrawn'
),

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
    version.known_from
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
)

select final.*
from final
{% if is_incremental() %}
-- Everything that can differ while the version stays the same comes from the enrichment or the municipality.
left join {{ this }} as known
  on final.row_id = known.row_id
where
  known.row_id is null
  or (known.buurt_code, known.wijk_code, known.place_quality, known.is_hic, known.street_key, known.block_code)
  is distinct from
  (final.buurt_code, final.wijk_code, final.place_quality, final.is_hic, final.street_key, final.block_code)
{% endif %}
