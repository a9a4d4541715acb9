-- Eén regel per soort, gemeente, wijk, delictgroep, maand en dagdeel (incidenten) of samengevoegde groep (verdachten).
-- depends_on: {{ ref('incident_day') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    indexes=[{'columns': ['gemeentecode', 'soort', 'jaar']}, {'columns': ['gemeentecode', 'maand']}],
    pre_hook=[
      "{{ forget_changed_months() }}",
      "{% if is_incremental() %} delete from {{ this }} where soort = 'verdachten' {% endif %}",
    ],
    post_hook=["{{ record_handled() }}"],
) }}

-- Incidents month by month, where something changed; the groups of suspects, which lean on each other, all of them.
with {{ parts_by_month(is_incremental()) }},

area as (
  select *
  from {{ ref('dim_area') }}
  where is_current
),

-- What the incident feed itself counts. A source that does not tell gives null, not zero.
counted as (
  select
    incident.municipality_code,
    incident.wijk_code,
    case
      when incident.wijk_code is not null then null
      when incident.place_quality = 'outside' then 'Buiten de gemeente'
      else 'Geen plaats bekend'
    end as no_wijk,
    coalesce(offence.theme, 'Onbekend') as theme,
    coalesce(offence.category, 'Onbekend') as category,
    part.month as month_start,
    part.dagdeel,
    sum(part.weight) as incidents,
    sum(part.weight) filter (where incident.solved is not null) as solved_known,
    sum(case when incident.solved then part.weight when not incident.solved then 0 end) as solved,
    sum(part.weight) filter (where incident.attempt is not null) as attempt_known,
    sum(case when incident.attempt then part.weight when not incident.attempt then 0 end) as attempts,
    sum(part.weight * incident.suspects) as suspects,
    sum(part.weight * incident.arrests) as arrests
  from part_by_month as part
  inner join {{ ref('fct_incident') }} as incident
    on part.row_id = incident.row_id
  left join {{ ref('dim_offence') }} as offence
    on incident.offence_code = offence.offence_code
  -- What tells rows apart comes first, as in the map.
  group by
    month_start, offence.category, incident.wijk_code, part.dagdeel, offence.theme, no_wijk, incident.municipality_code
),

incident_row as (
  select
    counted.municipality_code as gemeentecode,
    'incidenten' as soort,
    counted.wijk_code as wijkcode,
    coalesce(wijk.area_name, counted.wijk_code, counted.no_wijk) as wijk,
    counted.theme as thema,
    counted.category as delictgroep,
    date_part('year', counted.month_start)::text as jaar,
    date_part('year', counted.month_start)::text || '-K' || date_part('quarter', counted.month_start)::text as kwartaal,
    counted.month_start as maand,
    counted.dagdeel,
    'niet van toepassing' as leeftijdsgroep,
    'niet van toepassing' as eerste_of_herhaald,
    'niet van toepassing' as binnen_of_buiten,
    sum(counted.incidents) as incidenten,
    sum(counted.solved) as opgelost,
    sum(counted.solved_known) as opgelost_bekend,
    sum(counted.attempts) as pogingen,
    sum(counted.attempt_known) as pogingen_bekend,
    sum(counted.suspects) as verdachten,
    sum(counted.arrests) as aanhoudingen,
    null::bigint as verdachten_in_groep
  from counted
  left join area as wijk
    on
      counted.municipality_code = wijk.municipality_code
      and counted.wijk_code = wijk.area_code
  group by
    counted.municipality_code, counted.wijk_code, wijk.area_name, counted.no_wijk, counted.theme, counted.category,
    counted.month_start, counted.dagdeel
),

suspect_row as (
  select
    cell.municipality_code as gemeentecode,
    'verdachten' as soort,
    wijk.area_code as wijkcode,
    case cell.wijk_code
      when 'alle' then 'Wijken samengevoegd'
      when 'buiten' then 'Buiten de gemeente'
      when 'geen' then 'Geen plaats bekend'
      else coalesce(wijk.area_name, cell.wijk_code)
    end as wijk,
    case cell.theme when 'alle' then 'Thema''s samengevoegd' else cell.theme end as thema,
    'niet uitgesplitst' as delictgroep,
    case cell.year when 'alle' then 'Jaren samengevoegd' else cell.year end as jaar,
    case cell.quarter when 'alle' then 'Kwartalen samengevoegd' else cell.quarter end as kwartaal,
    null::date as maand,
    'niet uitgesplitst' as dagdeel,
    person.age_band as leeftijdsgroep,
    person.occasion as eerste_of_herhaald,
    person.residence as binnen_of_buiten,
    count(*) as verdachten_in_groep
  from {{ ref('suspect_cell') }} as cell
  inner join {{ ref('suspect_group') }} as person
    on cell.row_id = person.row_id
  left join area as wijk
    on
      cell.municipality_code = wijk.municipality_code
      and cell.wijk_code = wijk.area_code
  group by
    cell.municipality_code, wijk.area_code, wijk.area_name, cell.wijk_code, cell.theme, cell.year, cell.quarter,
    person.age_band, person.occasion, person.residence
),

final as (
  select
    gemeentecode,
    soort,
    wijkcode,
    wijk,
    thema,
    delictgroep,
    jaar,
    kwartaal,
    maand,
    dagdeel,
    leeftijdsgroep,
    eerste_of_herhaald,
    binnen_of_buiten,
    incidenten::numeric(18, 9) as incidenten,
    opgelost::numeric(18, 9) as opgelost,
    opgelost_bekend::numeric(18, 9) as opgelost_bekend,
    pogingen::numeric(18, 9) as pogingen,
    pogingen_bekend::numeric(18, 9) as pogingen_bekend,
    verdachten::numeric(18, 9) as verdachten,
    aanhoudingen::numeric(18, 9) as aanhoudingen,
    verdachten_in_groep
  from incident_row
  union all
  select
    gemeentecode,
    soort,
    wijkcode,
    wijk,
    thema,
    delictgroep,
    jaar,
    kwartaal,
    maand,
    dagdeel,
    leeftijdsgroep,
    eerste_of_herhaald,
    binnen_of_buiten,
    null::numeric(18, 9) as incidenten,
    null::numeric(18, 9) as opgelost,
    null::numeric(18, 9) as opgelost_bekend,
    null::numeric(18, 9) as pogingen,
    null::numeric(18, 9) as pogingen_bekend,
    null::numeric(18, 9) as verdachten,
    null::numeric(18, 9) as aanhoudingen,
    verdachten_in_groep
  from suspect_row
)

select *
from final
