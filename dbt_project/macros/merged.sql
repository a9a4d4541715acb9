{#- Merges groups of persons until each holds enough of them, as common table expressions; the last is `merged`.

    `relation` has a row per suspect (`row_id`, `person_key`), the columns `within`, which are never merged, `enough` and
    `at_least`. `rungs` are the ways to group, from fine to coarse, as {column: expression}. A row stays on the first rung
    at which its group, of the rows that came that far, holds `enough` distinct persons. What is left on the last rung
    stays there; when that is fewer than `at_least`, the smallest of the other groups joins it. So the groups are a
    partition, and each holds `at_least` persons, unless all there is does not.
    Result: row_id, person_key, within, the columns, rung. -#}
{% macro merged(relation, within, rungs) -%}
{%- set columns = rungs[0].keys() | list -%}
{%- set keys = (within + columns) | join(', ') -%}
{%- set last = rungs | length -%}
{%- for rung in rungs %}
{%- set number = loop.index %}
{%- set waiting = relation if loop.first else 'waiting_' ~ (number - 1) %}
grouped_{{ number }} as (
  select
    row_id,
    person_key,
    enough,
    at_least,
    {{ within | join(', ') }},
    {% for column, expression in rung.items() -%}
    {{ expression }} as {{ column }},
    {% endfor -%}
    {{ number }} as rung
  from {{ waiting }}
),

settled_{{ number }} as (
  select one.*
  from grouped_{{ number }} as one
  {%- if not loop.last %}
  inner join (
    select {{ keys }}, count(distinct person_key) as persons
    from grouped_{{ number }}
    group by {{ keys }}
  ) as size using ({{ keys }})
  where size.persons >= one.enough
  {%- endif %}
),

waiting_{{ number }} as (
  select *
  from {{ waiting }} as one
  where not exists (select 1 from settled_{{ number }} as settled where settled.row_id = one.row_id)
),
{% endfor %}
settled as (
  {%- for rung in rungs %}
  select * from settled_{{ loop.index }}
  {%- if not loop.last %}
  union all
  {%- endif %}
  {%- endfor %}
),

settled_size as (
  select {{ keys }}, rung, max(at_least) as at_least, count(distinct person_key) as persons
  from settled
  group by {{ keys }}, rung
),

small_rest as (
  select {{ keys }}
  from settled_size
  where rung = {{ last }} and persons < at_least
),

joins_rest as (
  -- The smallest group, the coarsest of those, then by name: the same data always give the same groups.
  select distinct on ({{ within | join(', ') }}) {{ keys }}, rung
  from settled_size
  where
    rung < {{ last }}
    and ({{ within | join(', ') }}) in (select {{ within | join(', ') }} from small_rest)
  order by {{ within | join(', ') }}, persons, rung desc, {{ columns | join(', ') }}
),

merged as (
  select
    settled.row_id,
    settled.person_key,
    {% for column in within -%}
    settled.{{ column }},
    {% endfor -%}
    {% for column in columns -%}
    case when joins_rest.rung is null then settled.{{ column }} else small_rest.{{ column }} end as {{ column }},
    {% endfor -%}
    case when joins_rest.rung is null then settled.rung else {{ last }} end as rung
  from settled
  left join joins_rest
    on
      settled.rung = joins_rest.rung
      {%- for column in within + columns %}
      and settled.{{ column }} = joins_rest.{{ column }}
      {%- endfor %}
  left join small_rest
    on {% for column in within -%}
      settled.{{ column }} = small_rest.{{ column }}{{ ' and ' if not loop.last }}
      {%- endfor %}
)
{%- endmacro %}
