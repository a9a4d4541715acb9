{#- The law of change tracking (docs/adr/0015): a table tells when each of its rows was written (`computed_at`), what it
    lost without a successor stands in core.removed, and how far its readers came stands in core.handled. The three are
    written in the transaction of the model they are about, so that a build that dies in between loses nothing. -#}

{#- Before the models: the two tables beside them. -#}
{% macro create_change_tables() -%}
  create table if not exists core.handled (
    model text primary key,
    until timestamptz not null,       -- every change above this model that is older is in it
    rebuilt_at timestamptz not null,  -- when it was last made from nothing
    state text                        -- of the settings that it was made with
  );
  create table if not exists core.removed (
    model text not null,
    municipality_code text not null,
    incident_id text,
    local_date date,
    removed_at timestamptz not null default now()
  );
  -- What every model has handled needs no remembering.
  delete from core.removed where removed_at < (select min(until) from core.handled);
{%- endmacro %}

{#- Up to when this model has handled what `upstream` did, as a literal of which the planner knows the selectivity, or
    '-infinity' when everything must be compared: nothing is known of it, a table above it was made from nothing,
    `state` (an expression in SQL over the settings) is another one, or the clock was set back. -#}
{% macro handled_until(upstream, state='null::text') -%}
  {%- if not execute -%} {{ return('-infinity') }} {%- endif -%}
  {%- set query -%}
    select coalesce(max(handled.until)::text, '-infinity')
    from core.handled
    where
      handled.model = '{{ this.identifier }}'
      and handled.until <= now()
      and handled.state is not distinct from ({{ state }})
      and not exists (
        select 1 from core.handled as above
        where above.model in ('{{ upstream | join("', '") }}') and above.rebuilt_at > handled.until
      )
  {%- endset -%}
  {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}

{#- Post-hook of a tracked model: what it handled, in its own transaction. -#}
{% macro record_handled(state='null::text') -%}
  insert into core.handled (model, until, rebuilt_at, state)
  values ('{{ this.identifier }}', now(), now(), ({{ state }}))
  on conflict (model) do update set
    until = excluded.until,
    state = excluded.state
    {%- if not is_incremental() %}, rebuilt_at = excluded.rebuilt_at {%- endif %}
{%- endmacro %}

{#- Which fields of core.removed a model reads, of a table above it. -#}
{% macro removed_since(model_name, columns, since) -%}
  select {{ columns }}
  from core.removed
  where model = '{{ model_name }}' and removed_at > '{{ since }}'
{%- endmacro %}

{#- Before rows are taken out of a table to be written again, in a statement of its own: a build that was killed may leave
    its dbt at work, and what that one writes must be seen by the delete, or it counts twice. Readers go on. -#}
{% macro write_alone(relation) -%}
  lock table {{ relation }} in share row exclusive mode;
{%- endmacro %}

{#- Incremental strategy `touched`: the model gives all rows of every key that it touched, and for a key of which nothing
    is left one row with the key alone (`written_at` null). `removed_key` is what the readers of the table look
    changes up by, as column → field of core.removed. -#}
{% macro get_incremental_touched_sql(arg_dict) -%}
  {%- set target, source = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
  {%- set written_at = config.require('meta')['written_at'] -%}
  {%- set removed_key = config.require('meta')['removed_key'] -%}
  {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  {{ write_alone(target) }}
  analyze {{ source }};

  with gone as (
    delete from {{ target }} as known
    using (select distinct {{ arg_dict['unique_key'] | join(', ') }} from {{ source }}) as touched
    where {% for column in arg_dict['unique_key'] -%}
      known.{{ column }} = touched.{{ column }} {%- if not loop.last %} and {% endif -%}
    {%- endfor %}
    returning {% for column in removed_key %}known.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
  )
  insert into core.removed (model, {{ removed_key.values() | join(', ') }})
  select '{{ target.identifier }}', left_behind.*
  from (
    select {{ removed_key | join(', ') }} from gone
    except
    -- Where something new stands is found by that.
    select {{ removed_key | join(', ') }} from {{ source }} where {{ written_at }} is not null
  ) as left_behind;

  insert into {{ target }} ({{ columns }})
  select {{ columns }} from {{ source }} where {{ written_at }} is not null
{%- endmacro %}

{#- Post-hook: indexes and rules that PostgreSQL keeps at every write, also on a table of an earlier release. -#}
{% macro enforce(not_null=[], indexes=[]) -%}
  {%- if not_null %}
  alter table {{ this }} {% for column in not_null %}alter column {{ column }} set not null{{ ', ' if not loop.last }}{% endfor %};
  {%- endif %}
  {%- for index in indexes %}
  {%- set name = this.identifier ~ '_' ~ index | replace(', ', '_') %}
  {%- if not is_incremental() %}
  -- The table that was here until now has its index under this name until it is dropped, after this.
  drop index if exists {{ this.schema }}.{{ name }};
  {%- endif %}
  create index if not exists {{ name }} on {{ this }} ({{ index }});
  {%- endfor %}
{%- endmacro %}
