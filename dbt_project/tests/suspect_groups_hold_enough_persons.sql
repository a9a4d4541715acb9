-- Every group of persons that is shown holds at least small_number distinct persons, and shows them all.
with shown as (
  select
    person.municipality_code,
    person.cell,
    person.age_band,
    person.occasion,
    person.residence,
    count(distinct person.person_key) as persons
  from {{ ref('suspect_group') }} as person
  group by person.municipality_code, person.cell, person.age_band, person.occasion, person.residence
)

select
  shown.municipality_code,
  shown.cell,
  shown.age_band,
  shown.persons
from shown
inner join {{ ref('stg_raw__municipality') }} as municipality
  on shown.municipality_code = municipality.municipality_code
where shown.persons < municipality.small_number
