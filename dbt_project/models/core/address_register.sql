-- One row per municipality: the state of its register of addresses, cheap to ask whether anything changed.
{{ config(grants={'select': ['vis_signals']}) }}

with register as (
  select
    municipality_code,
    count(*)::integer as addresses,
    -- Another delivery of an address is another version of it; a sum of hashes does not depend on the order.
    sum(hashtextextended(nummeraanduiding_id || ':' || delivery_id::text, 0))::text as fingerprint
  from {{ ref('dim_address') }}
  group by municipality_code
),

-- A delivery in which nothing changed says that the register is right up to its day.
delivery as (
  select
    municipality_code,
    max(received_at) as received_at
  from {{ ref('stg_raw__delivery') }}
  where shape = 'address' and status = 'accepted'
  group by municipality_code
),

final as (
  select
    register.municipality_code,
    register.addresses,
    register.fingerprint,
    delivery.received_at
  from register
  left join delivery
    on register.municipality_code = delivery.municipality_code
)

select *
from final
