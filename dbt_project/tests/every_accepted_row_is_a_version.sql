-- One row per delivery whose accepted incident rows are not all, and only, in the version table.
{{ config(meta={'dagster': {'ref': {'name': 'fct_incident_version'}}}) }}

with expected as (
  select
    delivery_id,
    rows_loaded as versions
  from {{ ref('stg_raw__delivery') }}
  where status = 'accepted' and shape = 'incident' and rows_loaded > 0
),

-- Over the whole table: counting an index is cheap, and what is missing was never written.
found as (
  select
    delivery_id,
    count(*) as versions
  from {{ ref('fct_incident_version') }}
  group by delivery_id
),

final as (
  select
    coalesce(expected.delivery_id, found.delivery_id) as delivery_id,
    expected.versions as expected,
    found.versions as found
  from expected
  full outer join found
    on expected.delivery_id = found.delivery_id
  where expected.versions is distinct from found.versions
)

select *
from final
