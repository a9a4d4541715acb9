-- One row per quarantined row: what kind of reason it has, never the reason itself, which quotes what was found.
with kind as (
  select
    delivery_id,
    row_number,
    released_at,
    regexp_match(blamed, '"(.*)"(?: \(\w+\))?: (leeg)?') as problem
  from {{ source('raw', 'quarantine_column') }}
)

select
  delivery_id,
  row_number,
  released_at is not null as is_released,
  case
    when problem is null then 'Rij in een andere vorm dan verwacht, of in tegenspraak met een andere'
    when problem[2] is null then 'Kolom ' || problem[1] || ': ongeldige waarde'
    else 'Kolom ' || problem[1] || ': leeg'
  end as kind
from kind
