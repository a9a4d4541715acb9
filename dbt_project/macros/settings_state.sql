{#- What models follow from besides their rows, as one expression in SQL each: when it changes, everything is compared.
    They read tables that one build leaves alone, so that a build works with one and the same state. -#}

{% macro hic_state() -%}
  select md5(
    (select string_agg(concat_ws(':', municipality_code, category_code), ',' order by municipality_code, category_code)
     from {{ ref('stg_raw__hic_category') }})
    || (select string_agg(concat_ws(':', offence_code, category_code), ',' order by offence_code)
        from {{ ref('dim_offence') }})
  )
{%- endmacro %}

{% macro time_zone_state() -%}
  select string_agg(concat_ws(':', municipality_code, time_zone), ',' order by municipality_code)
  from {{ ref('stg_raw__municipality') }}
{%- endmacro %}

{% macro municipality_state() -%}
  select string_agg(concat_ws(':', municipality_code, name, time_zone), ',' order by municipality_code)
  from {{ ref('stg_raw__municipality') }}
{%- endmacro %}

{#- The names that stand beside the counts of a day. -#}
{% macro name_state() -%}
  select md5(concat_ws('|',
    (select string_agg(concat_ws(':', municipality_code, area_code, area_name), ',' order by municipality_code, area_code)
     from {{ ref('dim_area') }} where is_current),
    (select string_agg(concat_ws(':', offence_code, offence, theme, category, is_crime), ',' order by offence_code)
     from {{ ref('dim_offence') }}),
    (select string_agg(concat_ws(':', municipality_code, dagdeel, volgorde), ',' order by municipality_code, volgorde)
     from {{ ref('dim_dagdeel') }})
  ))
{%- endmacro %}

{#- What is shown of a street beside its counts. -#}
{% macro street_state() -%}
  select md5(string_agg(
    concat_ws(':', municipality_code, street_key, street, place, addresses), ',' order by municipality_code, street_key
  ))
  from {{ ref('dim_street') }}
{%- endmacro %}
