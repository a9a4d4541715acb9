-- One row per municipality and local date on which an incident counts or ever counted.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['municipality_code', 'local_date'],
    indexes=[{'columns': ['municipality_code', 'local_date'], 'unique': true}],
    post_hook="analyze {{ this }}",
) }}

-- Marts per day ask this table which days to rebuild: `changed_at` moves when anything that counts on the day
-- does, a day that an incident moved away from included. Nothing has to remember what the last run did.
with offence_name as (
  select sum(hash_record_extended(row(offence_code, offence, theme, is_crime), 0)) as fingerprint
  from {{ ref('dim_offence') }}
),

area_name as (
  select
    municipality_code,
    sum(hash_record_extended(row(area_code, area_name), 0)) as fingerprint
  from {{ ref('dim_area') }}
  where is_current
  group by municipality_code
),

day as (
  select
    part.municipality_code,
    part.local_date,
    count(*) as parts,
    sum(part.weight) as weight,
    sum(
      hash_record_extended(
        row(
          part.row_id, part.dagdeel, part.weight, incident.offence_code, incident.buurt_code,
          incident.wijk_code, incident.place_quality, incident.is_hic, incident.street_key
        ),
        0
      )
    ) as fingerprint
  from {{ ref('fct_incident_dagdeel') }} as part
  inner join {{ ref('fct_incident') }} as incident
    on
      part.municipality_code = incident.municipality_code
      and part.incident_id = incident.incident_id
  group by part.municipality_code, part.local_date
),

named as (
  select
    day.municipality_code,
    day.local_date,
    day.parts,
    day.weight,
    day.fingerprint + offence_name.fingerprint + coalesce(area_name.fingerprint, 0) as fingerprint
  from day
  cross join offence_name
  left join area_name
    on day.municipality_code = area_name.municipality_code
),

{% if is_incremental() %}
final as (
  select
    coalesce(named.municipality_code, known.municipality_code) as municipality_code,
    coalesce(named.local_date, known.local_date) as local_date,
    coalesce(named.parts, 0) as parts,
    coalesce(named.weight, 0) as weight,
    coalesce(named.fingerprint, 0) as fingerprint
  from named
  full outer join {{ this }} as known
    on
      named.municipality_code = known.municipality_code
      and named.local_date = known.local_date
  where coalesce(named.fingerprint, 0) is distinct from known.fingerprint
)
{% else %}
final as (
  select *
  from named
)
{% endif %}

select
  *,
  now() as changed_at
from final
