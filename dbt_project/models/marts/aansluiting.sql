-- Eén regel per gemeente, maand, gebied en gepubliceerde soort misdrijf: eigen telling naast de gepubliceerde.
{{ config(indexes=[{'columns': ['gemeentecode', 'maand']}]) }}

with municipality as (
  select *
  from {{ ref('stg_raw__municipality') }}
),

area as (
  select
    municipality_code,
    area_code,
    area_name,
    level
  from {{ ref('dim_area') }}
  where is_current
),

-- Figures of the whole country or of another division have no own count beside them.
published as (
  select
    figure.municipality_code,
    figure.month,
    figure.area_code,
    coalesce(area.area_name, figure.area_code) as area_name,
    coalesce(
      area.level,
      case left(figure.area_code, 2) when 'BU' then 'buurt' when 'WK' then 'wijk' when 'GM' then 'gemeente' end
    ) as level,
    figure.published_category,
    figure.offences,
    figure.is_provisional
  from {{ ref('published_offence') }} as figure
  left join area
    on
      figure.municipality_code = area.municipality_code
      and figure.area_code = area.area_code
),

-- Only what is published somewhere at a level is laid beside it; the rest of our own is no difference.
asked as (
  select distinct
    municipality_code,
    level,
    published_category
  from published
),

-- What lies in no buurt is a row of its own; outside the municipality is not of the municipality.
own_place as (
  select
    own.municipality_code,
    own.month,
    place.level,
    place.area_code,
    place.without_code,
    category.published_category,
    own.offences
  from {{ ref('registered_offence_month') }} as own
  cross join
    lateral (
      values
      ('buurt', own.buurt_code, case when own.is_outside then 'Buiten de gemeente' else 'Geen plaats bekend' end),
      ('wijk', own.wijk_code, case when own.is_outside then 'Buiten de gemeente' else 'Geen plaats bekend' end),
      ('gemeente', case when not own.is_outside then own.municipality_code end, 'Buiten de gemeente')
    ) as place (level, area_code, without_code)
  cross join lateral (values (own.published_category), ('0.0.0')) as category (published_category)
),

own as (
  select
    own_place.municipality_code,
    own_place.month,
    own_place.level,
    own_place.area_code,
    coalesce(area.area_name, own_place.area_code, own_place.without_code) as area_name,
    own_place.published_category,
    sum(own_place.offences)::bigint as offences
  from own_place
  inner join asked
    on
      own_place.municipality_code = asked.municipality_code
      and own_place.level = asked.level
      and own_place.published_category = asked.published_category
  left join area
    on
      own_place.municipality_code = area.municipality_code
      and own_place.area_code = area.area_code
  group by
    own_place.municipality_code, own_place.month, own_place.level, own_place.area_code,
    coalesce(area.area_name, own_place.area_code, own_place.without_code), own_place.published_category
),

beside as (
  select
    coalesce(published.municipality_code, own.municipality_code) as municipality_code,
    coalesce(published.month, own.month) as month,
    coalesce(published.area_code, own.area_code) as area_code,
    coalesce(published.area_name, own.area_name) as area_name,
    coalesce(published.level, own.level) as level,
    coalesce(published.published_category, own.published_category) as published_category,
    own.offences as own_offences,
    published.offences as published_offences,
    published.is_provisional
  from published
  full outer join own
    on
      published.municipality_code = own.municipality_code
      and published.month = own.month
      and published.level = own.level
      and published.area_code = own.area_code
      and published.published_category = own.published_category
  where coalesce(published.level, own.level) is not null
),

-- In a month that our feed covers nothing found is zero; in another month it is not known.
counted as (
  select
    beside.municipality_code,
    beside.month,
    beside.area_code,
    beside.area_name,
    beside.level,
    beside.published_category,
    beside.published_offences,
    beside.is_provisional,
    covered.is_whole,
    case when covered.municipality_code is not null then coalesce(beside.own_offences, 0) end as own_offences
  from beside
  left join {{ ref('covered_month') }} as covered
    on
      beside.municipality_code = covered.municipality_code
      and beside.month = covered.month
),

final as (
  select
    counted.municipality_code as gemeentecode,
    counted.month as maand,
    counted.area_code as gebiedscode,
    counted.area_name as gebied,
    counted.level as niveau,
    counted.published_category as misdrijfcode,
    coalesce(category.title, counted.published_category) as misdrijf,
    counted.own_offences as eigen_aantal,
    counted.published_offences as gepubliceerd_aantal,
    counted.own_offences - counted.published_offences as verschil,
    (
      (counted.own_offences - counted.published_offences)::numeric / nullif(counted.published_offences, 0)
    )::numeric(12, 4) as afwijking,
    counted.is_provisional as voorlopig,
    case
      when counted.published_offences is null then 'niet gepubliceerd'
      when counted.own_offences is null then 'geen eigen gegevens'
      when not counted.is_whole then 'maand niet volledig'
      when
        abs(counted.own_offences - counted.published_offences) >= municipality.reconcile_minimum
        and abs(counted.own_offences - counted.published_offences)
        > municipality.reconcile_relative * counted.published_offences
        then 'wijkt af'
      else 'sluit aan'
    end as status
  from counted
  inner join municipality
    on counted.municipality_code = municipality.municipality_code
  left join {{ ref('seed_published_category') }} as category
    on counted.published_category = category.published_category
)

select *
from final
