-- Eén regel per levering, ook als die is vastgehouden of geweigerd.
with final as (
  select
    delivery.municipality_code as gemeentecode,
    delivery.delivery_id as leveringsnummer,
    delivery.source_title as bron,
    delivery.file_name as bestand,
    delivery.received_at as ontvangen_op,
    delivery.delivery_day as datum,
    delivery.received_local as ontvangen_lokaal,
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
    delivery.trusted_because as toegestaan_omdat,
    -- A delivery of something else than incidents has no such counts: null, not zero.
    quality.incidents as incidenten,
    quality.corrected as verbeterd,
    quality.withdrawn as ingetrokken,
    quality.late as te_laat,
    quality.point_in_buurt as punt_in_buurt,
    quality.without_place as zonder_plaats,
    quality.outside as buiten_gemeente,
    quality.default_point as standaardpunt,
    quality.unknown_dagdeel as dagdeel_onbekend,
    quality.default_time as standaardtijd,
    quality.default_time_expected::numeric(12, 1) as standaardtijd_verwacht
  from {{ ref('stg_raw__delivery') }} as delivery
  left join {{ ref('delivery_quality') }} as quality
    on delivery.delivery_id = quality.delivery_id
)

select *
from final
