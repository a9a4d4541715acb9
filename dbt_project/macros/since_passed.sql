{#- What tests look at: rows written since the last build that passed the gate out, and everything when there was none,
    after `vis process --rebuild` or after a change of the code. A build that failed is looked at again by the next. -#}
{% macro since_passed() -%}
  {%- if not execute -%} {{ return('-infinity') }} {%- endif -%}
  {%- set query -%}
    select coalesce(min(recorded_at), '-infinity')::text
    from {{ source('raw', 'progress') }}
    where stage = 'build'
  {%- endset -%}
  {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}

{#- The condition on a column with the moment of writing. -#}
{% macro is_new(column) -%}
  {%- set since = since_passed() -%}
  {%- if since == '-infinity' %} true {%- else %} {{ column }} > '{{ since }}' {%- endif -%}
{%- endmacro %}

{#- `config: {where: new}` on a test of a table with `computed_at`; `new_days` on one with `berekend_op`. -#}
{% macro get_where_subquery(relation) -%}
  {%- set columns = {'new': 'computed_at', 'new_days': 'berekend_op'} -%}
  {%- set where = config.get('where') -%}
  {%- if not where -%} {{ return(relation) }} {%- endif -%}
  {%- set condition = is_new(columns[where]) if where in columns else where -%}
  (select * from {{ relation }} where {{ condition }}) dbt_subquery
{%- endmacro %}
