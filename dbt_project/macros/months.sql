{#- The law of a mart per month: each run takes out what it holds of the months with a day that changed, and appends those
    months anew, in one transaction. So a month of which nothing is left needs no word of its own. `state` is that of the
    settings behind it, as in `handled_until`; the model ends with `record_handled` of the same. -#}

{% macro changed_months(state) -%}
  {%- set since = handled_until(['incident_day'], state) -%}
  select distinct
    municipality_code,
    date_trunc('month', local_date::timestamp)::date as month
  from {{ ref('incident_day') }}
  where changed_at > '{{ since }}'
  {%- if since == '-infinity' %}
  -- The table of days may be made anew as well, and then knows nothing of a month that is empty by now.
  union
  select
    gemeentecode,
    maand
  from {{ this }}
  where maand is not null
  {%- endif %}
{%- endmacro %}

{#- Pre-hook. -#}
{% macro forget_changed_months(state='null::text') -%}
  {%- if is_incremental() %}
  {{ write_alone(this) }}
  delete from {{ this }} as known
  using (
    {{ changed_months(state) }}
  ) as changed
  where known.gemeentecode = changed.municipality_code and known.maand = changed.month
  {%- endif %}
{%- endmacro %}

{#- Common table expressions, the last of which is `part_by_month`: municipality_code, month (its first day), row_id, dagdeel
    and weight, of the changed months or of all. -#}
{% macro parts_by_month(only_changed, state='null::text') -%}
{%- if only_changed -%}
changed_month as (
  {{ changed_months(state) }}
),

-- Month by month through the index: of a range of dates the planner thinks that it is much of all days. The offset keeps
-- it from making one join of them after all.
part_by_month as (
  select
    changed_month.month,
    found.*
  from changed_month
  cross join
    lateral (
      select
        part.municipality_code,
        part.row_id,
        part.dagdeel,
        part.weight
      from {{ ref('fct_incident_dagdeel') }} as part
      where
        part.municipality_code = changed_month.municipality_code
        and part.local_date >= changed_month.month
        and part.local_date < changed_month.month + interval '1 month'
      offset 0
    ) as found
)
{%- else -%}
-- The month follows from the day itself: through a list of months the planner pairs each incident with every one of them.
part_by_month as (
  select
    date_trunc('month', local_date::timestamp)::date as month,
    municipality_code,
    row_id,
    dagdeel,
    weight
  from {{ ref('fct_incident_dagdeel') }}
)
{%- endif -%}
{%- endmacro %}
