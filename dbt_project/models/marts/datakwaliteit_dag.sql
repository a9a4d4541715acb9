-- Eén regel per gemeente, bron en dag; een dag waarop een dagelijkse bron niets leverde staat er met lege aantallen.
with delivered as (
  select
    gemeentecode,
    bron,
    datum,
    count(*) filter (where vrijgave_van is null) as leveringen,
    count(*) filter (where status in ('vastgehouden', 'geweigerd')) as niet_goedgekeurd,
    sum(rijen_gelezen) filter (where vrijgave_van is null) as rijen_gelezen,
    sum(rijen_geladen) as rijen_geladen,
    sum(rijen_quarantaine) filter (where vrijgave_van is null) as rijen_quarantaine,
    sum(rijen_dubbel) filter (where vrijgave_van is null) as rijen_dubbel,
    sum(incidenten) as incidenten,
    sum(verbeterd) as verbeterd,
    sum(ingetrokken) as ingetrokken,
    sum(te_laat) as te_laat,
    sum(punt_in_buurt) as punt_in_buurt,
    sum(zonder_plaats) as zonder_plaats,
    sum(buiten_gemeente) as buiten_gemeente,
    sum(standaardpunt) as standaardpunt,
    sum(dagdeel_onbekend) as dagdeel_onbekend,
    sum(standaardtijd) as standaardtijd,
    sum(standaardtijd_verwacht) as standaardtijd_verwacht
  from {{ ref('datakwaliteit') }}
  where status <> 'vervangen'
  group by gemeentecode, bron, datum
),

-- Whatever came about a day, also what was refused or held; a history is about no day.
about_day as (
  select distinct
    municipality_code as gemeentecode,
    source_title as bron,
    delivery_day as datum
  from {{ ref('stg_raw__delivery') }}
  where is_of_day
),

period as (
  select
    about_day.gemeentecode,
    about_day.bron,
    greatest(min(about_day.datum), source.daily_since) as eerste,
    source.due_until as laatste
  from {{ ref('stg_raw__source') }} as source
  inner join about_day
    on
      source.municipality_code = about_day.gemeentecode
      and source.title = about_day.bron
  where source.daily_since is not null
  group by about_day.gemeentecode, about_day.bron, source.daily_since, source.due_until
),

missing as (
  select
    period.gemeentecode,
    period.bron,
    calendar.day::date as datum
  from period
  cross join lateral generate_series(period.eerste, period.laatste, interval '1 day') as calendar (day)
  where
    not exists (
      select 1
      from about_day
      where
        about_day.gemeentecode = period.gemeentecode
        and about_day.bron = period.bron
        and about_day.datum = calendar.day::date
    )
),

final as (
  select
    coalesce(delivered.gemeentecode, missing.gemeentecode) as gemeentecode,
    coalesce(delivered.bron, missing.bron) as bron,
    coalesce(delivered.datum, missing.datum) as datum,
    missing.datum is not null as ontbreekt,
    delivered.leveringen,
    delivered.niet_goedgekeurd,
    delivered.rijen_gelezen::bigint as rijen_gelezen,
    delivered.rijen_geladen::bigint as rijen_geladen,
    delivered.rijen_quarantaine::bigint as rijen_quarantaine,
    delivered.rijen_dubbel::bigint as rijen_dubbel,
    delivered.incidenten::bigint as incidenten,
    delivered.verbeterd::bigint as verbeterd,
    delivered.ingetrokken::bigint as ingetrokken,
    delivered.te_laat::bigint as te_laat,
    delivered.punt_in_buurt::bigint as punt_in_buurt,
    delivered.zonder_plaats::bigint as zonder_plaats,
    delivered.buiten_gemeente::bigint as buiten_gemeente,
    delivered.standaardpunt::bigint as standaardpunt,
    delivered.dagdeel_onbekend::bigint as dagdeel_onbekend,
    delivered.standaardtijd::bigint as standaardtijd,
    delivered.standaardtijd_verwacht::numeric(12, 1) as standaardtijd_verwacht
  from delivered
  full outer join missing
    on
      delivered.gemeentecode = missing.gemeentecode
      and delivered.bron = missing.bron
      and delivered.datum = missing.datum
)

select *
from final
