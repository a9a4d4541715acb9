{#- The warehouse as it was known at an earlier moment, as functions beside the tables.

    Each function is the SQL of the model itself, with what it reads replaced by how that was known then: a change
    in a model is a change in its function, and the two cannot tell different stories. Called as a post-hook, so that
    a full refresh, which drops what hangs on the table's row type, makes the function anew. -#}

{% macro known_name(schema, identifier) -%}
  {%- if schema == 'marts' -%} marts.{{ identifier }}_op {%- else -%} {{ schema }}.{{ identifier }}_as_known_at {%- endif -%}
{%- endmacro %}

{#- Of this model: the same rows and columns, at a moment. -#}
{% macro create_as_known_at() -%}
  {%- set kept = [
      'enriched.area', 'enriched.incident_place', 'core.dim_area', 'core.fct_incident_version', 'core.fct_incident',
      'core.fct_incident_dagdeel', 'marts.incident_kaart',
  ] -%}
  {#- The text as dbt makes it for a table from nothing, with macros written out: what they read is asked of then as well. -#}
  {%- set code = namespace(text=render(model.raw_code | replace('is_incremental()', 'false')), replaced=0) -%}
  {%- for name in kept -%}
    {%- set schema, identifier = name.split('.') -%}
    {%- set relation = api.Relation.create(this.database, schema, identifier) | string -%}
    {%- if relation in code.text -%}
      {%- set code.text = code.text | replace(relation, known_name(schema, identifier) ~ '($1)') -%}
      {%- set code.replaced = code.replaced + 1 -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if execute and code.replaced == 0 -%}
    {{ exceptions.raise_compiler_error(this.identifier ~ " reads nothing of which the history is kept") }}
  {%- endif -%}
  {{ create_known_function(code.text) }}
{%- endmacro %}

{#- Of the table with the intervals: what was known by then, with the future cut off. -#}
{% macro create_versions_known_at() -%}
  {%- set columns = [] -%}
  {%- for column in adapter.get_columns_in_relation(this) -%}
    {%- if column.name == 'known_to' -%}
      {%- do columns.append('case when known_to <= $1 then known_to end as known_to') -%}
    {%- elif column.name == 'is_current' -%}
      {%- do columns.append('known_from <= $1 and (known_to is null or known_to > $1) as is_current') -%}
    {%- else -%}
      {%- do columns.append(column.quoted) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ create_known_function('select ' ~ columns | join(', ') ~ ' from ' ~ this ~ ' where known_from <= $1') }}
{%- endmacro %}

{% macro create_known_function(query) -%}
  {%- set function = known_name(this.schema, this.identifier) ~ '(timestamptz)' -%}
  {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='quoted') | join(', ') -%}
  drop function if exists {{ function }};
  create function {{ known_name(this.schema, this.identifier) }}(moment timestamptz)
  returns setof {{ this }}
  language sql stable parallel safe
  {#- The readers of the marts may not read core: they ask through the function, which runs as its owner with a
      search path of its own and shows what the mart shows, of another day. In core everybody asks as himself. #}
  {%- if this.schema == 'marts' %} security definer set search_path = pg_catalog, pg_temp {%- endif %}
  as $function$
    select {{ columns }} from (
      {{ query }}
    ) as known
  $function$;
  comment on function {{ function }} is
    '{{ this.identifier }} zoals bekend op een eerder moment, met de gebieden en codelijsten van nu';
  revoke all on function {{ function }} from public;
  {%- if this.schema == 'marts' %} grant execute on function {{ function }} to vis_bi; {%- endif %}
{%- endmacro %}
