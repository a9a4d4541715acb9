-- The suspects of known incidents are all in the mart, once; none at all where a municipality has too few of them.
with known as (
  select
    suspect.municipality_code,
    count(*) as suspects,
    count(distinct suspect.person_key) as persons
  from {{ ref('fct_suspect') }} as suspect
  where suspect.has_incident
  group by suspect.municipality_code
),

shown as (
  select
    gemeentecode,
    sum(verdachten_in_groep) as suspects
  from {{ ref('dader_delict_plaats_tijd') }}
  where soort = 'verdachten'
  group by gemeentecode
)

select
  known.municipality_code,
  known.suspects as expected,
  shown.suspects as found
from known
inner join {{ ref('stg_raw__municipality') }} as municipality
  on known.municipality_code = municipality.municipality_code
left join shown
  on known.municipality_code = shown.gemeentecode
where
  coalesce(shown.suspects, 0)
  <> case when known.persons >= municipality.small_number then known.suspects else 0 end
