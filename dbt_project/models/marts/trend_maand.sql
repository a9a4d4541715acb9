-- Eén regel per gemeente, maand, gebied (gemeente of wijk) en delict, ook als het aantal nul is.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['gemeentecode', 'maand', 'delictcode'],
    meta={
      'written_at': 'berekend_op',
      'removed_key': {'gemeentecode': 'municipality_code', 'maand': 'local_date'},
    },
    on_schema_change='append_new_columns',
    indexes=[
      {'columns': ['gemeentecode', 'niveau', 'maand']},
      {'columns': ['gemeentecode', 'maand', 'delictcode']},
    ],
    post_hook=["{{ record_handled(municipality_state()) }}", "{{ create_as_known_at() }}"],
) }}

-- A month without any report in the whole municipality is a month the feed does not cover: it is left out,
-- because a missing feed is not a zero. Each month looks itself up through the index, which `exists` would not use.
with period as (
  select
    municipality.municipality_code,
    municipality.time_zone,
    first.reported_at as first_at,
    last.reported_at as last_at
  from {{ ref('stg_raw__municipality') }} as municipality
  cross join
    lateral (
      select min(version.reported_at) as reported_at
      from {{ ref('fct_incident_version') }} as version
      where version.municipality_code = municipality.municipality_code
    ) as first
  cross join
    lateral (
      select max(version.reported_at) as reported_at
      from {{ ref('fct_incident_version') }} as version
      where version.municipality_code = municipality.municipality_code
    ) as last
),

calendar as (
  select
    municipality_code,
    time_zone,
    generate_series(
      date_trunc('month', first_at at time zone time_zone), last_at at time zone time_zone, interval '1 month'
    ) as month
  from period
),

covered_month as (
  select
    calendar.municipality_code as gemeentecode,
    calendar.month::date as maand
  from calendar
  where
    (
      select min(version.reported_at)
      from {{ ref('fct_incident_version') }} as version
      where
        version.municipality_code = calendar.municipality_code
        and version.reported_at >= calendar.month at time zone calendar.time_zone
        and version.reported_at < (calendar.month + interval '1 month') at time zone calendar.time_zone
    ) is not null
),

{% if is_incremental() %}
{%- set since = handled_until(['incident_kaart'], municipality_state()) %}
touched_month as (
  {% if since == '-infinity' %}
  select
    gemeentecode,
    date_trunc('month', datum)::date as maand
  from {{ ref('incident_kaart') }}
  union
  select
    gemeentecode,
    maand
  from {{ this }}
  {% else %}
  select
    gemeentecode,
    date_trunc('month', datum)::date as maand
  from {{ ref('incident_kaart') }}
  where berekend_op > '{{ since }}'
  union
  select
    municipality_code as gemeentecode,
    date_trunc('month', local_date)::date as maand
  from core.removed
  where model = 'incident_kaart' and removed_at > '{{ since }}'
  {% endif %}
),

{% endif %}
kaart as (
  {% if is_incremental() %}
  -- Month by month through the index: of a range of dates the planner thinks that it is much of the map.
  select found.*
  from touched_month
  cross join
    lateral (
      select *
      from {{ ref('incident_kaart') }} as day
      where
        day.gemeentecode = touched_month.gemeentecode  -- noqa: RF03
        and day.datum >= touched_month.maand
        and day.datum < touched_month.maand + interval '1 month'
      offset 0  -- noqa: AM09
    ) as found
  {% else %}
  select *
  from {{ ref('incident_kaart') }}
  {% endif %}
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
  from kaart
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
  {% if is_incremental() %}
  -- The other months are as they were counted before.
  union all
  select
    known.gemeentecode,
    known.maand,
    known.gebiedscode,
    known.gebied,
    known.niveau,
    known.thema,
    known.delictcode,
    known.delict,
    known.aantal
  from {{ this }} as known
  where
    known.aantal > 0
    and not exists (
      select 1
      from touched_month
      where known.gemeentecode = touched_month.gemeentecode and known.maand = touched_month.maand
    )
  {% endif %}
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

{% if is_incremental() %}
known_combination as (
  select distinct
    gemeentecode,
    gebiedscode,
    gebied,
    niveau,
    thema,
    delictcode,
    delict
  from {{ this }}
),

known_month as (
  select distinct
    gemeentecode,
    maand
  from {{ this }}
),

-- What can be otherwise than it stands: a month that was counted anew, that came to be covered or no longer is, ...
affected_month as (
  select * from touched_month
  union
  (
    select * from covered_month
    except
    select * from known_month
  )
  union
  (
    select * from known_month
    except
    select * from covered_month
  )
),

-- ... and every month of an offence that came to occur in an area, or no longer does.
affected_offence as (
  (
    select * from occurring
    except
    select * from known_combination
  )
  union
  (
    select * from known_combination
    except
    select * from occurring
  )
),

offence as (
  select * from occurring
  union
  select * from known_combination
),

month as (
  select * from covered_month
  union
  select * from known_month
  union
  select * from touched_month
),

affected as (
  select
    affected_month.gemeentecode,
    affected_month.maand,
    offence.delictcode
  from affected_month
  inner join offence
    on affected_month.gemeentecode = offence.gemeentecode
  union
  select
    month.gemeentecode,
    month.maand,
    affected_offence.delictcode
  from month
  inner join affected_offence
    on month.gemeentecode = affected_offence.gemeentecode
),

{% endif %}
filled as (
  select * from counted
  union all
  select * from zero
),

relevant as (
  select filled.*
  from filled
  {% if is_incremental() %}
  inner join affected
    using (gemeentecode, maand, delictcode)
  {% endif %}
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
    sum(aantal)::numeric(18, 9) as aantal,
    now() as berekend_op
  from relevant
  group by gemeentecode, maand, gebiedscode, gebied, niveau, thema, delictcode, delict
){% if is_incremental() %},

known as (
  select known.*
  from {{ this }} as known
  inner join affected
    using (gemeentecode, maand, delictcode)
),

changed as (
  select distinct
    coalesce(final.gemeentecode, known.gemeentecode) as gemeentecode,
    coalesce(final.maand, known.maand) as maand,
    coalesce(final.delictcode, known.delictcode) as delictcode
  from final
  full outer join known
    on
      final.gemeentecode = known.gemeentecode
      and final.maand = known.maand
      and final.delictcode = known.delictcode
      and final.niveau = known.niveau
      and final.gebied = known.gebied
      and coalesce(final.gebiedscode, '') = coalesce(known.gebiedscode, '')
  where
    (final.aantal, final.thema, final.delict) is distinct from (known.aantal, known.thema, known.delict)
)

-- Of what no month counts any more the key alone is left.
select *  -- noqa: RF02
from changed
left join final
  using (gemeentecode, maand, delictcode)
{% else %}

select *
from final
{% endif %}
