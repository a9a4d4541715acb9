-- One row per municipality and address (nummeraanduiding_id), as last delivered.
{{ config(
    indexes=[
      {'columns': ['municipality_code', 'nummeraanduiding_id'], 'unique': true},
      {'columns': ['municipality_code', 'adresseerbaarobject_id']},
      {'columns': ['municipality_code', 'street_key', 'house_number']},
      {'columns': ['postcode', 'house_number']},
    ],
    grants={'select': ['vis_signals']},
) }}

with latest as (
  select distinct on (municipality_code, nummeraanduiding_id) *
  from {{ ref('stg_raw__address') }}
  order by municipality_code asc, nummeraanduiding_id asc, received_at desc, delivery_id desc, row_number desc
),

final as (
  select
    municipality_code,
    nummeraanduiding_id,
    adresseerbaarobject_id,
    raw.street_key(municipality_code, street, place) as street_key,
    street,
    house_number,
    house_letter,
    house_suffix,
    postcode,
    place,
    x,
    y,
    delivery_id
  from latest
)

select *
from final
