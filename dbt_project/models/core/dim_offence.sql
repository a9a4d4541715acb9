-- One row per MK code (maatschappelijke klasse) of the BVH code list.
{{ config(indexes=[{'columns': ['offence_code'], 'unique': true}]) }}

with yes_no (answer, meaning) as (
  values ('yes', true), ('no', false)
),

final as (
  select
    code.offence_code,
    code.offence,
    code.category_code,
    category.category,
    code.also_category_code,
    category.theme_code,
    category.theme,
    category.domain_code,
    category.domain,
    -- The code list is silent about thirty codes: null, not false.
    crime.meaning as is_crime,
    code.nuisance = 'yes' as is_nuisance,
    category.core_hic = 'yes' as is_hic,
    code.published_category,
    published.title as published_title
  from {{ ref('seed_mk_code') }} as code
  inner join {{ ref('seed_inp_category') }} as category
    on code.category_code = category.category_code
  left join {{ ref('seed_published_category') }} as published
    on code.published_category = published.published_category
  left join yes_no as crime
    on code.crime = crime.answer
)

select *
from final
