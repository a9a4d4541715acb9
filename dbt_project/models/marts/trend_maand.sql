-- Eén regel per gemeente, maand, gebied (gemeente of wijk) en delict, ook als het aantal nul is.
{{ config(
    indexes=[{'columns': ['gemeentecode', 'niveau', 'maand']}],
    post_hook="analyze {{ this }}",
) }}

-- A month without any report in the whole municipality is a month the feed does not cover: it is left out,
-- because a missing feed is not a zero.
with covered_month as (
  select distinct
    version.municipality_code as gemeentecode,
    date_trunc('month', version.reported_at at time zone municipality.time_zone)::date as maand
  from {{ ref('fct_incident_version') }} as version
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on version.municipality_code = municipality.municipality_code
),

per_wijk as (
  select
    gemeentecode,
    date_trunc('month', datum)::date as maand,
    wijkcode as gebiedscode,
    wijk as gebied,
    'wijk' as niveau,
    thema,
    delictcode,
    delict,
    sum(aantal) as aantal
  from {{ ref('incident_kaart') }}
  group by gemeentecode, date_trunc('month', datum), wijkcode, wijk, thema, delictcode, delict
),

per_gemeente as (
  select
    per_wijk.gemeentecode,
    per_wijk.maand,
    per_wijk.gemeentecode as gebiedscode,
    municipality.name as gebied,
    'gemeente' as niveau,
    per_wijk.thema,
    per_wijk.delictcode,
    per_wijk.delict,
    sum(per_wijk.aantal) as aantal
  from per_wijk
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on per_wijk.gemeentecode = municipality.municipality_code
  group by
    per_wijk.gemeentecode, per_wijk.maand, municipality.name, per_wijk.thema, per_wijk.delictcode, per_wijk.delict
),

counted as (
  select * from per_wijk
  union all
  select * from per_gemeente
),

occurring as (
  select distinct
    gemeentecode,
    gebiedscode,
    gebied,
    niveau,
    thema,
    delictcode,
    delict
  from counted
),

zero as (
  select
    occurring.gemeentecode,
    covered_month.maand,
    occurring.gebiedscode,
    occurring.gebied,
    occurring.niveau,
    occurring.thema,
    occurring.delictcode,
    occurring.delict,
    0::numeric as aantal
  from occurring
  inner join covered_month
    on occurring.gemeentecode = covered_month.gemeentecode
),

filled as (
  select * from counted
  union all
  select * from zero
),

final as (
  select
    gemeentecode,
    maand,
    gebiedscode,
    gebied,
    niveau,
    thema,
    delictcode,
    delict,
    sum(aantal)::numeric(18, 9) as aantal
  from filled
  group by gemeentecode, maand, gebiedscode, gebied, niveau, thema, delictcode, delict
)

select *
from final
