-- One row per suspect of a known incident, with its cell and the attributes under which it may be shown.
with cell_size as (
  select
    municipality_code,
    cell,
    count(distinct person_key) as persons
  from {{ ref('suspect_cell') }}
  group by municipality_code, cell
),

suspect as (
  select
    suspect.row_id,
    suspect.person_key,
    suspect.municipality_code,
    placed.cell,
    municipality.small_number as enough,
    municipality.small_number as at_least,
    suspect.age_band,
    suspect.occasion,
    suspect.residence
  from {{ ref('fct_suspect') }} as suspect
  inner join {{ ref('suspect_cell') }} as placed
    on suspect.row_id = placed.row_id
  inner join {{ ref('stg_raw__municipality') }} as municipality
    on suspect.municipality_code = municipality.municipality_code
  inner join cell_size
    on
      placed.municipality_code = cell_size.municipality_code
      and placed.cell = cell_size.cell
  -- Only when the whole municipality has fewer: then nothing can be shown of its suspects.
  where cell_size.persons >= municipality.small_number
),

{{ merged('suspect', ['municipality_code', 'cell'], [
    {'age_band': 'age_band', 'occasion': 'occasion', 'residence': 'residence'},
    {'age_band': 'age_band', 'occasion': 'occasion', 'residence': "'niet uitgesplitst'"},
    {'age_band': "'niet uitgesplitst'", 'occasion': 'occasion', 'residence': 'residence'},
    {'age_band': 'age_band', 'occasion': "'niet uitgesplitst'", 'residence': "'niet uitgesplitst'"},
    {'age_band': "'niet uitgesplitst'", 'occasion': 'occasion', 'residence': "'niet uitgesplitst'"},
    {'age_band': "'niet uitgesplitst'", 'occasion': "'niet uitgesplitst'", 'residence': "'niet uitgesplitst'"},
]) }},

-- An attribute that a whole cell shares would be known of each person in it, also of the one suspect of a wijk.
spread as (
  select
    municipality_code,
    cell,
    min(age_band) < max(age_band) as ages_differ,
    min(occasion) < max(occasion) as occasions_differ,
    min(residence) < max(residence) as residences_differ
  from merged
  group by municipality_code, cell
),

final as (
  select
    merged.row_id,
    merged.person_key,
    merged.municipality_code,
    merged.cell,
    case when spread.ages_differ then merged.age_band else 'niet uitgesplitst' end as age_band,
    case when spread.occasions_differ then merged.occasion else 'niet uitgesplitst' end as occasion,
    case when spread.residences_differ then merged.residence else 'niet uitgesplitst' end as residence
  from merged
  inner join spread
    on
      merged.municipality_code = spread.municipality_code
      and merged.cell = spread.cell
)

select *
from final
