-- One row per municipality, incident, local date and dagdeel; the weights of one incident sum to exactly 1.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['municipality_code', 'incident_id'],
    indexes=[
      {'columns': ['municipality_code', 'incident_id', 'local_date', 'dagdeel'], 'unique': true},
      {'columns': ['municipality_code', 'local_date']},
    ],
    post_hook=[
      "delete from {{ this }} as known
       where not exists (
         select 1 from {{ ref('fct_incident') }} as incident where incident.row_id = known.row_id
       )",
      "analyze {{ this }}",
      "{{ create_as_known_at() }}",
    ],
) }}

with incident as (
  select
    incident.municipality_code,
    incident.incident_id,
    incident.row_id,
    (incident.begin_at at time zone municipality.time_zone)::date as begin_date
  from {{ ref('fct_incident') }} as incident
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on incident.municipality_code = municipality.municipality_code
),

weighted as (
  select
    incident.municipality_code,
    incident.incident_id,
    incident.row_id,
    -- An incident that was not enriched yet still counts, with an unknown dagdeel; a test lists it.
    coalesce(part.local_date, incident.begin_date) as local_date,
    coalesce(part.dagdeel, 'onbekend') as dagdeel,
    coalesce(part.weight, 1)::numeric(10, 9) as weight
  from incident
  left join {{ source('enriched', 'incident_dagdeel') }} as part
    on
      incident.municipality_code = part.municipality_code
      and incident.row_id = part.row_id
),

{% if is_incremental() %}
touched as (
  select distinct
    coalesce(weighted.municipality_code, known.municipality_code) as municipality_code,
    coalesce(weighted.incident_id, known.incident_id) as incident_id
  from weighted
  full outer join {{ this }} as known
    on
      weighted.row_id = known.row_id
      and weighted.local_date = known.local_date
      and weighted.dagdeel = known.dagdeel
  where weighted.weight is distinct from known.weight
),

final as (
  select weighted.*
  from weighted
  inner join touched
    on
      weighted.municipality_code = touched.municipality_code
      and weighted.incident_id = touched.incident_id
)
{% else %}
final as (
  select *
  from weighted
)
{% endif %}

select
  municipality_code,
  incident_id,
  local_date,
  dagdeel,
  weight,
  row_id
from final
