{#- Schemas come from the bootstrap, with their grants; the transformer may not make any. -#}
{% macro postgres__create_schema(relation) -%}
  {%- set found = run_query(
      "select 1 from pg_namespace where nspname = '" ~ relation.without_identifier().schema ~ "'"
  ) -%}
  {%- if found is none or found.rows | length == 0 -%}
    {{ exceptions.raise_compiler_error(
        "Schema '" ~ relation.schema ~ "' ontbreekt: voer `make up` uit, dat de schema's en rechten maakt."
    ) }}
  {%- endif -%}
{%- endmacro %}
