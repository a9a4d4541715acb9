{#- The schemas are fixed names with fixed grants: a custom schema is used as it stands, never prefixed. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
