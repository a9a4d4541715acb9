-- One row per municipality and local date on which an incident counts or ever counted.
-- depends_on: {{ ref('fct_incident') }}, {{ ref('dim_area') }}, {{ ref('dim_offence') }}, {{ ref('dim_dagdeel') }}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['municipality_code', 'local_date'],
    on_schema_change='sync_all_columns',
    indexes=[{'columns': ['municipality_code', 'local_date'], 'unique': true}],
    post_hook=["{{ record_handled(name_state()) }}"],
) }}

-- Marts per day ask this table which days to rebuild: `changed_at` moves when anything that counts on the day
-- does, a day that an incident moved away from included, or a name that is shown with it.
with
{% if is_incremental() %}
{%- set since = handled_until(['fct_incident_dagdeel', 'fct_incident'], name_state()) %}
changed as (
  {% if since == '-infinity' %}
  select
    municipality_code,
    local_date
  from {{ ref('fct_incident_dagdeel') }}
  union
  select
    municipality_code,
    local_date
  from {{ this }}
  {% else %}
  select
    municipality_code,
    local_date
  from {{ ref('fct_incident_dagdeel') }}
  where computed_at > '{{ since }}'
  union
  {{ removed_since('fct_incident_dagdeel', 'municipality_code, local_date', since) }}
  union
  select
    part.municipality_code,
    part.local_date
  from {{ ref('fct_incident') }} as incident
  inner join {{ ref('fct_incident_dagdeel') }} as part
    on
      incident.municipality_code = part.municipality_code
      and incident.incident_id = part.incident_id
  where incident.computed_at > '{{ since }}'
  {% endif %}
),

final as (
  select
    changed.municipality_code,
    changed.local_date,
    count(part.row_id) as parts,
    coalesce(sum(part.weight), 0) as weight,
    now() as changed_at
  from changed
  left join {{ ref('fct_incident_dagdeel') }} as part
    on
      changed.municipality_code = part.municipality_code
      and changed.local_date = part.local_date
  group by changed.municipality_code, changed.local_date
)
{% else %}
final as (
  select
    municipality_code,
    local_date,
    count(row_id) as parts,
    coalesce(sum(weight), 0) as weight,
    now() as changed_at
  from {{ ref('fct_incident_dagdeel') }}
  group by municipality_code, local_date
)
{% endif %}

select *
from final
