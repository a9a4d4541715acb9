-- One row per municipality, incident, local date and dagdeel; the weights of one incident sum to exactly 1.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['municipality_code', 'incident_id'],
    meta={
      'written_at': 'computed_at',
      'removed_key': {'municipality_code': 'municipality_code', 'local_date': 'local_date'},
    },
    on_schema_change='append_new_columns',
    indexes=[
      {'columns': ['incident_id', 'local_date', 'dagdeel', 'municipality_code'], 'unique': true},
      {'columns': ['local_date', 'municipality_code']},
    ],
    post_hook=[
      "{{ enforce(not_null=['local_date', 'dagdeel', 'weight', 'row_id'], indexes=['computed_at']) }}",
      "{{ record_handled(time_zone_state()) }}",
      "{{ create_as_known_at() }}",
    ],
) }}

with
{% if is_incremental() %}
{%- set since = handled_until(['fct_incident'], time_zone_state()) %}
touched as (
  {% if since == '-infinity' %}
  select
    municipality_code,
    incident_id
  from {{ ref('fct_incident') }}
  union
  select
    municipality_code,
    incident_id
  from {{ this }}
  {% else %}
  select
    municipality_code,
    incident_id
  from {{ ref('fct_incident') }}
  where computed_at > '{{ since }}'
  union
  {{ removed_since('fct_incident', 'municipality_code, incident_id', since) }}
  union
  select
    incident.municipality_code,
    incident.incident_id
  from {{ source('enriched', 'incident_dagdeel') }} as part
  inner join {{ ref('fct_incident') }} as incident
    on part.row_id = incident.row_id
  where part.computed_at > '{{ since }}'
  {% endif %}
),

known as (
  select known.*
  from touched
  inner join {{ this }} as known
    on
      touched.municipality_code = known.municipality_code
      and touched.incident_id = known.incident_id
),

{% endif %}
incident as (
  select
    incident.municipality_code,
    incident.incident_id,
    incident.row_id,
    (incident.begin_at at time zone municipality.time_zone)::date as begin_date
  from {{ ref('fct_incident') }} as incident
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on incident.municipality_code = municipality.municipality_code
  {% if is_incremental() %}
  inner join touched
    on
      incident.municipality_code = touched.municipality_code
      and incident.incident_id = touched.incident_id
  {% endif %}
),

weighted as (
  select
    incident.municipality_code,
    incident.incident_id,
    -- An incident that was not enriched yet still counts, with an unknown dagdeel; a test lists it.
    coalesce(part.local_date, incident.begin_date) as local_date,
    coalesce(part.dagdeel, 'onbekend') as dagdeel,
    coalesce(part.weight, 1)::numeric(10, 9) as weight,
    incident.row_id,
    now() as computed_at
  from incident
  left join {{ source('enriched', 'incident_dagdeel') }} as part
    on
      incident.municipality_code = part.municipality_code
      and incident.row_id = part.row_id
){% if is_incremental() %},

changed as (
  select distinct
    coalesce(weighted.municipality_code, known.municipality_code) as municipality_code,
    coalesce(weighted.incident_id, known.incident_id) as incident_id
  from weighted
  full outer join known
    on
      weighted.row_id = known.row_id
      and weighted.local_date = known.local_date
      and weighted.dagdeel = known.dagdeel
  where weighted.weight is distinct from known.weight
)

-- Of an incident that is gone the key alone is left.
select *  -- noqa: RF02
from changed
left join weighted
  using (municipality_code, incident_id)
{% else %}

select *
from weighted
{% endif %}
