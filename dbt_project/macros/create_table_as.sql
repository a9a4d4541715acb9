{#- A table under contract is filled first and gets its rules after. dbt's own way, an insert into a table that has them,
    keeps PostgreSQL from reading in parallel: on a million incidents that made the map three times as slow.

    A table that is otherwise kept up to date, made from nothing, reads its inputs whole: there a look-up per row is never
    right, and the planner, who thinks that it costs as much, made the map twice as slow with it. -#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
  {%- set under_contract = config.get('contract').enforced and not temporary -%}
  {%- if config.get('contract').enforced %} {{ get_assert_columns_equivalent(sql) }} {%- endif %}
  {%- set reads_whole = not temporary and config.get('materialized') == 'incremental' %}
  {%- if reads_whole %}
  set local enable_nestloop to off;
  {%- endif %}
  create {{ 'temporary' if temporary }} table {{ relation }} as (
    {{ get_select_subquery(sql) if under_contract else sql }}
  );
  {%- if reads_whole %}
  set local enable_nestloop to default;
  {%- endif %}
  {%- if under_contract %}
  {%- set rules = [] -%}
  {%- for column in model['columns'].values() -%}
    {%- for constraint in column['constraints'] -%}
      {%- if constraint['type'] == 'not_null' -%}
        {%- do rules.append('alter column ' ~ column['name'] ~ ' set not null') -%}
      {%- elif constraint['type'] == 'check' -%}
        {%- do rules.append('add check (' ~ constraint['expression'] ~ ')') -%}
      {%- else -%}
        {{ exceptions.raise_compiler_error("no way to add a constraint of type " ~ constraint['type']) }}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- if rules %}
  alter table {{ relation }} {{ rules | join(', ') }};
  {%- endif %}
  {%- endif %}
{%- endmacro %}
