-- Eén regel per levering, ook als die is vastgehouden of geweigerd.
with delivered as (
  select
    version.delivery_id,
    count(distinct version.incident_id) as incidents
  from {{ ref('fct_incident_version') }} as version
  group by version.delivery_id
),

-- Counted on the version itself, so that a later correction does not change what an older delivery was worth.
placed as (
  select
    version.delivery_id,
    count(distinct version.incident_id) filter (
      where place.buurt_code is null and place.place_quality is distinct from 'outside'
    ) as without_place,
    count(distinct version.incident_id) filter (where place.place_quality = 'outside') as outside
  from {{ ref('fct_incident_version') }} as version
  left join {{ source('enriched', 'incident_place') }} as place
    on
      version.municipality_code = place.municipality_code
      and version.row_id = place.row_id
  group by version.delivery_id
),

timed as (
  select
    version.delivery_id,
    count(distinct version.incident_id) as unknown_dagdeel
  from {{ ref('fct_incident_version') }} as version
  left join {{ source('enriched', 'incident_dagdeel') }} as part
    on
      version.municipality_code = part.municipality_code
      and version.row_id = part.row_id
  where coalesce(part.dagdeel, 'onbekend') = 'onbekend'
  group by version.delivery_id
),

final as (
  select
    delivery.municipality_code as gemeentecode,
    delivery.delivery_id as leveringsnummer,
    delivery.source_title as bron,
    delivery.file_name as bestand,
    delivery.received_at as ontvangen_op,
    (delivery.received_at at time zone coalesce(municipality.time_zone, 'Europe/Amsterdam'))::date as datum,
    case delivery.status
      when 'landed' then 'ontvangen'
      when 'loaded' then 'geladen'
      when 'accepted' then 'goedgekeurd'
      when 'held' then 'vastgehouden'
      when 'refused' then 'geweigerd'
      when 'superseded' then 'vervangen'
    end as status,
    delivery.reason as reden,
    delivery.rows_read as rijen_gelezen,
    delivery.rows_loaded as rijen_geladen,
    delivery.rows_quarantined as rijen_quarantaine,
    delivery.rows_duplicate as rijen_dubbel,
    delivery.rows_released as rijen_vrijgegeven,
    delivery.released_from as vrijgave_van,
    delivered.incidents as incidenten,
    placed.without_place as zonder_plaats,
    placed.outside as buiten_gemeente,
    -- A delivery without incidents has no such count: null, not zero.
    case when delivered.delivery_id is not null then coalesce(timed.unknown_dagdeel, 0) end as dagdeel_onbekend
  from {{ ref('stg_raw__delivery') }} as delivery
  left join {{ ref('stg_raw__municipality') }} as municipality
    on delivery.municipality_code = municipality.municipality_code
  left join delivered
    on delivery.delivery_id = delivered.delivery_id
  left join placed
    on delivery.delivery_id = placed.delivery_id
  left join timed
    on delivery.delivery_id = timed.delivery_id
)

select *
from final
